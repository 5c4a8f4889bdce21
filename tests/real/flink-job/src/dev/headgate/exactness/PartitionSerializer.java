package dev.headgate.exactness;

import java.nio.ByteBuffer;
import org.apache.flink.core.io.SimpleVersionedSerializer;

final class PartitionSerializer implements SimpleVersionedSerializer<Partition> {
  static final int BYTES = Integer.BYTES + Long.BYTES;

  @Override
  public int getVersion() {
    return 1;
  }

  @Override
  public byte[] serialize(Partition partition) {
    return ByteBuffer.allocate(BYTES).putInt(partition.id()).putLong(partition.position()).array();
  }

  @Override
  public Partition deserialize(int version, byte[] bytes) {
    var in = ByteBuffer.wrap(bytes);
    return new Partition(in.getInt(), in.getLong());
  }
}
