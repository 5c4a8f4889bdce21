package dev.headgate.exactness;

import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/** A log of numbered records in partitions, as Kafka is one: each partition holds 0, 1, 2, … up to an end offset that grows with the {@link Load}. */
final class NumberedSource implements Source<Event, Partition, List<Partition>> {
  private static final long serialVersionUID = 1;

  private final Control control;
  private final int[] keys;
  private final int partitions;
  private final int markSeconds;

  NumberedSource(Control control, int[] keys, int partitions, int markSeconds) {
    this.control = control;
    this.keys = keys;
    this.partitions = partitions;
    this.markSeconds = markSeconds;
  }

  @Override
  public Boundedness getBoundedness() {
    return Boundedness.CONTINUOUS_UNBOUNDED;
  }

  @Override
  public SplitEnumerator<Partition, List<Partition>> createEnumerator(SplitEnumeratorContext<Partition> context) {
    return new PartitionEnumerator(context, IntStream.range(0, partitions).mapToObj(id -> new Partition(id, 0)).toList());
  }

  @Override
  public SplitEnumerator<Partition, List<Partition>> restoreEnumerator(SplitEnumeratorContext<Partition> context, List<Partition> unassigned) {
    return new PartitionEnumerator(context, unassigned);
  }

  @Override
  public SourceReader<Event, Partition> createReader(SourceReaderContext context) {
    return new PartitionReader(context, control, keys, partitions, markSeconds * 1000L);
  }

  @Override
  public SimpleVersionedSerializer<Partition> getSplitSerializer() {
    return new PartitionSerializer();
  }

  @Override
  public SimpleVersionedSerializer<List<Partition>> getEnumeratorCheckpointSerializer() {
    return new PartitionListSerializer();
  }
}
