package dev.headgate.exactness;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * One subtask's newest answer for each (partition, key), as JSON lines in a file of its own in the report folder. Each attempt of each subtask writes another file, so an
 * old attempt that is still dying cannot overwrite what the new one says; the marks' times tell which answer is newer.
 */
final class Report implements Serializable {
  private static final long serialVersionUID = 1;

  private final String folder;
  private transient String name;
  private transient Map<String, String> answers;
  private transient boolean changed;

  Report(String folder) {
    this.folder = folder;
  }

  void answer(Event event, Tally tally) {
    if (answers == null) answers = new TreeMap<>();
    var mark = event.mark;
    answers.put(
        event.partition + "/" + event.key,
        String.format(
            "{\"partition\":%d,\"key\":%d,\"keys\":%d,\"startedAt\":%d,\"startedFrom\":%d,\"madeAt\":%d,\"position\":%d,\"count\":%d,\"xor\":%d}",
            event.partition, event.key, mark.keys, mark.startedAt, mark.startedFrom, mark.madeAt, mark.position, tally.count, tally.xor));
    changed = true;
  }

  void writeIfChanged() throws IOException {
    if (!changed) return;
    if (name == null) name = UUID.randomUUID().toString();
    var target = Files.createDirectories(Path.of(folder)).resolve(name + ".jsonl");
    var draft = target.resolveSibling(name + ".draft");
    Files.write(draft, answers.values());
    Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
    changed = false;
  }
}
