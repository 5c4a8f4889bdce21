package dev.headgate.exactness;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;

/**
 * Hands each partition to one reader. Its checkpoint holds only what is in nobody's hands: assigned partitions are in their readers' checkpoints, and Flink spreads those
 * over the readers of the new parallelism when the job is rescaled.
 */
final class PartitionEnumerator implements SplitEnumerator<Partition, List<Partition>> {
  private final SplitEnumeratorContext<Partition> context;
  private final List<Partition> unassigned;

  PartitionEnumerator(SplitEnumeratorContext<Partition> context, List<Partition> unassigned) {
    this.context = context;
    this.unassigned = new ArrayList<>(unassigned);
  }

  @Override
  public void start() {}

  @Override
  public void addReader(int subtask) {
    assignTo(subtask);
  }

  @Override
  public void addSplitsBack(List<Partition> partitions, int subtask) {
    unassigned.addAll(partitions);
    context.registeredReaders().keySet().forEach(this::assignTo);
  }

  private void assignTo(int subtask) {
    var own = unassigned.stream().filter(partition -> partition.id() % context.currentParallelism() == subtask).toList();
    own.forEach(partition -> context.assignSplit(partition, subtask));
    unassigned.removeAll(own);
  }

  @Override
  public List<Partition> snapshotState(long checkpointId) {
    return List.copyOf(unassigned);
  }

  @Override
  public void handleSplitRequest(int subtask, String host) {}

  @Override
  public void close() throws IOException {}
}
