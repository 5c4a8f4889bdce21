package dev.headgate.exactness;

import java.util.Arrays;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;

/** One key for each key group, so that the load is spread as evenly as Flink can spread it: at parallelism 12 of at most 24 each subtask has exactly two keys. */
final class KeyPerGroup {
  static int[] keys(int maxParallelism) {
    var keys = new int[maxParallelism];
    Arrays.fill(keys, -1);
    for (int candidate = 0, missing = maxParallelism; missing > 0; candidate++) {
      int group = KeyGroupRangeAssignment.assignToKeyGroup(candidate, maxParallelism);
      if (keys[group] >= 0) continue;
      keys[group] = candidate;
      missing--;
    }
    return keys;
  }

  private KeyPerGroup() {}
}
