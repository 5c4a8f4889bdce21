package dev.headgate.exactness;

import org.apache.flink.api.connector.source.SourceSplit;

/** A partition and the next number to read from it. */
record Partition(int id, long position) implements SourceSplit {
  @Override
  public String splitId() {
    return "partition-" + id;
  }
}
