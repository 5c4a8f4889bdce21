package dev.headgate.exactness;

/** How many numbers were counted, and the xor of all of them: a lost, repeated or exchanged number shows in one of the two. */
public class Tally {
  public long count;
  public long xor;

  void add(long number) {
    count++;
    xor ^= number;
  }
}
