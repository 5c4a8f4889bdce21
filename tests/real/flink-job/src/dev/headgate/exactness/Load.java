package dev.headgate.exactness;

/**
 * How many records exist at a given moment: like the end offsets of a log outside Flink, they grow whether or not the job runs, and a restart cannot change them.
 *
 * <p>Written as steps `sinceEpochMillis:recordsPerSecond`, oldest first, separated by blanks: `1700000000000:500 1700000060000:0`. A step must be written before it
 * begins, so that nobody has emitted past it when it does.
 */
record Load(long[] sinceMillis, long[] recordsPerSecond) {

  static Load parse(String steps) {
    var words = steps.isBlank() ? new String[0] : steps.trim().split("\\s+");
    var load = new Load(new long[words.length], new long[words.length]);
    for (int i = 0; i < words.length; i++) {
      var step = words[i].split(":");
      load.sinceMillis[i] = Long.parseLong(step[0]);
      load.recordsPerSecond[i] = Long.parseLong(step[1]);
    }
    return load;
  }

  /** The end offset of one partition: record n of all belongs to partition n modulo `partitions`. */
  long end(int partition, int partitions, long atMillis) {
    return Math.floorDiv(total(atMillis) - partition + partitions - 1, partitions);
  }

  private long total(long atMillis) {
    long recordMillis = 0;
    for (int i = 0; i < sinceMillis.length; i++) {
      long until = i + 1 < sinceMillis.length ? Math.min(sinceMillis[i + 1], atMillis) : atMillis;
      recordMillis += recordsPerSecond[i] * Math.max(0, until - sinceMillis[i]);
    }
    return recordMillis / 1000;
  }
}
