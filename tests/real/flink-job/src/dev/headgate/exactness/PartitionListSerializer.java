package dev.headgate.exactness;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.io.SimpleVersionedSerializer;

final class PartitionListSerializer implements SimpleVersionedSerializer<List<Partition>> {
  private final PartitionSerializer one = new PartitionSerializer();

  @Override
  public int getVersion() {
    return 1;
  }

  @Override
  public byte[] serialize(List<Partition> partitions) {
    var out = ByteBuffer.allocate(partitions.size() * PartitionSerializer.BYTES);
    partitions.forEach(partition -> out.put(one.serialize(partition)));
    return out.array();
  }

  @Override
  public List<Partition> deserialize(int version, byte[] bytes) {
    var partitions = new ArrayList<Partition>();
    for (var in = ByteBuffer.wrap(bytes); in.hasRemaining(); ) partitions.add(new Partition(in.getInt(), in.getLong()));
    return partitions;
  }
}
