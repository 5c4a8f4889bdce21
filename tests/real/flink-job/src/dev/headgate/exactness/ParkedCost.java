package dev.headgate.exactness;

import java.util.concurrent.locks.LockSupport;

/**
 * Makes a thread look busy without taking CPU: Flink's busyTime is wall time spent in the operator, so parked time counts. Small costs add up to a debt that is paid in
 * one go, because a park of some microseconds takes longer than asked; what it took too long is credited.
 */
final class ParkedCost {
  private static final long WORTH_PARKING_NANOS = 2_000_000;

  private long debtNanos;

  void spend(long micros) {
    debtNanos += micros * 1000;
    if (debtNanos < WORTH_PARKING_NANOS) return;
    long start = System.nanoTime();
    long left = debtNanos;
    while (left > 0) {
      LockSupport.parkNanos(left);
      left = debtNanos - (System.nanoTime() - start);
      if (Thread.currentThread().isInterrupted()) break;
    }
    debtNanos = left;
  }
}
