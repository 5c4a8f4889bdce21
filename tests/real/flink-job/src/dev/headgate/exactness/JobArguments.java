package dev.headgate.exactness;

import java.util.HashMap;
import java.util.Map;

/** What is fixed for the life of a deployment, given as `--name value` pairs. What changes while the job runs is in {@link Control}. */
record JobArguments(String control, String report, int partitions, int maxParallelism, int markSeconds) {

  static JobArguments parse(String[] args) {
    Map<String, String> given = new HashMap<>();
    for (int i = 0; i + 1 < args.length; i += 2) given.put(args[i], args[i + 1]);
    var arguments =
        new JobArguments(
            given.getOrDefault("--control", "/flink-data/control.properties"),
            given.getOrDefault("--report", "/flink-data/report"),
            Integer.parseInt(given.getOrDefault("--partitions", "8")),
            Integer.parseInt(given.getOrDefault("--max-parallelism", "24")),
            Integer.parseInt(given.getOrDefault("--mark-seconds", "10")));
    given.keySet().removeAll(java.util.Set.of("--control", "--report", "--partitions", "--max-parallelism", "--mark-seconds"));
    if (args.length % 2 != 0 || !given.isEmpty()) throw new IllegalArgumentException("unknown arguments: " + String.join(" ", args));
    return arguments;
  }
}
