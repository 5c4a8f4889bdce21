package dev.headgate.exactness;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.metrics.Counter;

/** Emits the numbers of its partitions in turn, one a poll, and now and then a {@link Mark} for each. */
final class PartitionReader implements SourceReader<Event, Partition> {
  private static final long REFRESH_MILLIS = 50;
  private static final long QUIET_MILLIS = 500;
  private static final Executor SOON = CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS);

  private final Control control;
  private final int[] keys;
  private final int partitions;
  private final long markMillis;
  private final Counter recordsIn;

  private final List<Cursor> cursors = new CopyOnWriteArrayList<>();
  private int turn;
  private long refreshAt;
  private CompletableFuture<Void> available = CompletableFuture.completedFuture(null);

  /** A partition in this reader's hands. */
  private static final class Cursor {
    final int partition;
    final long startedFrom;
    final long startedAt;
    volatile long position;
    long end;
    long emittedAt;
    long markedAt;
    long markedPosition = -1;

    Cursor(Partition taken) {
      partition = taken.id();
      startedFrom = taken.position();
      startedAt = System.currentTimeMillis();
      position = taken.position();
      emittedAt = startedAt;
      markedAt = startedAt;
    }
  }

  PartitionReader(SourceReaderContext context, Control control, int[] keys, int partitions, long markMillis) {
    this.control = control;
    this.keys = keys;
    this.partitions = partitions;
    this.markMillis = markMillis;
    recordsIn = context.metricGroup().getIOMetricGroup().getNumRecordsInCounter();
    context.metricGroup().setPendingRecordsGauge(this::pendingRecords);
  }

  /** Reads the load itself: a reader held up by backpressure is not polled, and its backlog is what matters then. */
  private long pendingRecords() {
    long now = System.currentTimeMillis();
    var load = control.read().load();
    return cursors.stream().mapToLong(cursor -> Math.max(0, load.end(cursor.partition, partitions, now) - cursor.position)).sum();
  }

  @Override
  public InputStatus pollNext(ReaderOutput<Event> output) {
    long now = System.currentTimeMillis();
    if (now >= refreshAt) refresh(now, output);

    for (int tried = 0; tried < cursors.size(); tried++) {
      var cursor = cursors.get(turn++ % cursors.size());
      if (cursor.position >= cursor.end) continue;
      output.collect(Event.numbered(keyOf(cursor), cursor.partition, cursor.position));
      recordsIn.inc();
      cursor.position++;
      cursor.emittedAt = now;
      return InputStatus.MORE_AVAILABLE;
    }
    available = CompletableFuture.runAsync(() -> {}, SOON);
    return InputStatus.NOTHING_AVAILABLE;
  }

  /** The moment first, the file after it: so a step of the load that begins later than it was written is never run past. */
  private void refresh(long now, ReaderOutput<Event> output) {
    refreshAt = now + REFRESH_MILLIS;
    var load = control.read().load();
    for (var cursor : cursors) {
      cursor.end = load.end(cursor.partition, partitions, now);
      boolean quiet = now - cursor.emittedAt >= QUIET_MILLIS && cursor.position != cursor.markedPosition;
      boolean due = markMillis > 0 && now - cursor.markedAt >= markMillis;
      if (quiet || due) mark(cursor, now, output);
    }
  }

  private void mark(Cursor cursor, long now, ReaderOutput<Event> output) {
    var mark = new Mark();
    mark.position = cursor.position;
    mark.startedFrom = cursor.startedFrom;
    mark.startedAt = cursor.startedAt;
    mark.madeAt = now;
    mark.keys = keys.length;
    for (int key : keys) output.collect(Event.marked(key, cursor.partition, mark));
    cursor.markedAt = now;
    cursor.markedPosition = cursor.position;
  }

  /** Each partition begins with another key, so that the first subtask does not get every partition's first record. */
  private int keyOf(Cursor cursor) {
    return keys[(int) ((cursor.position + cursor.partition) % keys.length)];
  }

  @Override
  public List<Partition> snapshotState(long checkpointId) {
    return cursors.stream().map(cursor -> new Partition(cursor.partition, cursor.position)).toList();
  }

  @Override
  public void addSplits(List<Partition> taken) {
    taken.forEach(partition -> cursors.add(new Cursor(partition)));
  }

  @Override
  public CompletableFuture<Void> isAvailable() {
    return available;
  }

  @Override
  public void start() {}

  @Override
  public void notifyNoMoreSplits() {}

  @Override
  public void close() {}
}
