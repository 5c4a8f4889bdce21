package dev.headgate.exactness;

/**
 * The source's position in one partition, sent to every key behind the records it speaks of. Channels keep their order, so whoever receives it has received exactly the
 * records 0 … position-1 that belong to its key: what it counted must agree, at any moment, whether or not the job is drained.
 */
public class Mark {
  /** The next number the source will emit. */
  public long position;

  /** Where this reader took the partition up: the restored position, 0 for a fresh start. */
  public long startedFrom;

  /** When this reader took the partition up, in epoch milliseconds; the greatest names the newest attempt. */
  public long startedAt;

  /** When the mark was made, in epoch milliseconds. */
  public long madeAt;

  /** How many keys are asked, so that a missing answer shows. */
  public int keys;
}
