import { isBelow, pathProblem } from './state-path.ts';
import { parseFlinkDuration, parseFlinkMemory } from './flink-values.ts';

/** What a job's configuration is judged by, beside itself. */
export type ConfigurationContext = {
  readonly flinkVersion: readonly [major: number, minor: number];
  /** Whether the tenant has said that the job has no state worth keeping. */
  readonly stateless: boolean;
  readonly statePrefix: string;
  /** Memory of one process, in bytes. */
  readonly memoryBytes: { readonly jobManager: number; readonly taskManager: number };
};

/** What is wrong with a value, or undefined. Values come trimmed. */
type Check = (value: string, context: ConfigurationContext, key: string) => string | undefined;
type Rule = { readonly allow: Check } | { readonly deny: string };

const anything: Rule = { allow: () => undefined };
const deny = (why: string): Rule => ({ deny: why });

const number = (text: string): number => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN);

const integer = (min: number, max: number): Rule => ({
  allow: (value) =>
    Number.isInteger(number(value)) && number(value) >= min && number(value) <= max
      ? undefined
      : `must be a whole number from ${min} to ${max}`,
});

/** Seconds from … to … */
const duration = (min: number, max: number): Rule => ({
  allow: (value) => {
    const millis = parseFlinkDuration(value);
    return millis !== undefined && millis >= min * 1000 && millis <= max * 1000
      ? undefined
      : `must be a duration from ${min} s to ${max} s, such as 10s or 1 min`;
  },
});

/** Flink compares the names of options and enums in any case. */
const oneOf = (...values: readonly string[]): Rule => ({
  allow: (value) => (values.includes(value.toLowerCase()) ? undefined : `must be ${values.join(' or ')}`),
});

/** One value for a job with state; a stateless one may have others, too. */
const unlessStateless = (needed: string, ...others: readonly string[]): Rule => ({
  allow: (value, { stateless }) => {
    const name = value.toLowerCase();
    if (name === needed) return undefined;
    if (!others.includes(name)) return `must be ${[needed, ...others].join(' or ')}`;
    return stateless ? undefined : `must be ${needed}, or the job must say stateless: true`;
  },
});

const statePath: { readonly allow: Check } = {
  allow: (value, { statePrefix }) =>
    pathProblem(value) ?? (isBelow(statePrefix, value) ? undefined : `must be below ${statePrefix}`),
};

/** Anything but a place outside the one for state: a new option that takes a path is covered before we know it. */
const noForeignPath: Rule = {
  allow: (value, context, key) => (value.includes('://') ? statePath.allow(value, context, key) : undefined),
};

const memoryOf = (process: 'jobManager' | 'taskManager'): Rule => ({
  allow: (value, { memoryBytes }, key) => {
    if (key.endsWith('.fraction')) return number(value) <= 1 ? undefined : 'must be a number from 0 to 1';
    const bytes = parseFlinkMemory(value);
    if (bytes === undefined) return 'must be a memory size such as 64m';
    return bytes <= memoryBytes[process] ? undefined : `must not exceed the memory of the ${process}`;
  },
});

const DAY = 86_400;
const OF_HEADGATE = 'is set by Headgate';
const OF_PODS = 'decides how pods and services look: state it in the spec or its podTemplate';
const OF_IDENTITY = 'concerns identity and credentials, which come from the service account';
const OF_RECOVERY = 'is for recovery to decide, which is done by Headgate';
const OF_JVM = 'would change the JVM or the environment of the process';
const RUNS_IN_OPERATOR = 'would run code in the operator';

/** Metric reporters that come with Flink. */
const REPORTERS = [
  'org.apache.flink.metrics.prometheus.prometheusreporterfactory',
  'org.apache.flink.metrics.prometheus.prometheuspushgatewayreporterfactory',
  'org.apache.flink.metrics.otel.opentelemetrymetricreporterfactory',
  'org.apache.flink.metrics.slf4j.slf4jreporterfactory',
  'org.apache.flink.metrics.statsd.statsdreporterfactory',
  'org.apache.flink.metrics.datadog.datadoghttpreporterfactory',
  'org.apache.flink.metrics.influxdb.influxdbreporterfactory',
  'org.apache.flink.metrics.graphite.graphitereporterfactory',
  'org.apache.flink.metrics.jmx.jmxreporterfactory',
];

/** Flink's own; anything else would be the name of a class. */
const RESTART_STRATEGIES = [
  'exponential-delay',
  'exponentialdelay',
  'fixed-delay',
  'fixeddelay',
  'failure-rate',
  'failurerate',
  'none',
  'off',
  'disable',
];

/**
 * Which options a tenant may set. A name that ends in a dot stands for everything below it; the longest name that fits
 * decides; what fits none is refused. Deprecated names are looked up under the one they stand for (`PRESENT_NAME`).
 */
const RULES: Readonly<Record<string, Rule>> = {
  // State: where it lies, and that it is kept.
  'execution.checkpointing.': noForeignPath,
  'execution.checkpointing.interval': duration(1, DAY), // each completed checkpoint writes a ConfigMap
  'execution.checkpointing.timeout': duration(1, DAY),
  'execution.checkpointing.min-pause': duration(0, DAY),
  'execution.checkpointing.max-concurrent-checkpoints': integer(1, 10),
  'execution.checkpointing.externalized-checkpoint-retention': unlessStateless(
    'retain_on_cancellation',
    'delete_on_cancellation',
    'no_externalized_checkpoints',
  ),
  'execution.checkpointing.create-subdir': oneOf('true'),
  'execution.checkpointing.recover-without-channel-state.checkpoint-id': deny(OF_RECOVERY),
  'execution.checkpointing.approximate-local-recovery': unlessStateless('false', 'true'),
  'execution.savepoint.': deny(OF_RECOVERY),
  'execution.savepoint-restore-mode': deny(OF_RECOVERY),
  'execution.state-recovery.': deny(OF_RECOVERY),
  'state.': noForeignPath,
  'state.backend.type': oneOf('hashmap', 'rocksdb', 'forst', 'filesystem'),
  'state.backend.forst.primary-dir': statePath,
  'state.checkpoint-storage': unlessStateless('filesystem', 'jobmanager'),
  'state.checkpoints.dir': statePath,
  'state.checkpoints.num-retained': integer(1, 100),
  'state.savepoints.dir': statePath,
  'dstl.dfs.': noForeignPath,
  'dstl.dfs.base-path': statePath,
  'high-availability.type': unlessStateless('kubernetes', 'none'),
  'high-availability.storageDir': statePath,
  'high-availability.jobmanager.port': anything,
  'high-availability.kubernetes.leader-election.': duration(1, 3600),
  'high-availability.cluster-id': deny(OF_HEADGATE),

  // How the job runs.
  'execution.runtime-mode': oneOf('streaming', 'batch', 'automatic'),
  'execution.buffer-timeout.': anything,
  'execution.batch.': anything,
  'execution.batch-shuffle-mode': anything,
  'execution.async-state.': anything,
  'execution.sorted-inputs.': anything,
  'pipeline.': anything,
  'pipeline.max-parallelism': integer(1, 32_768),
  'pipeline.jobvertex-parallelism-overrides': deny(OF_HEADGATE),
  'pipeline.jars': deny('would load code from elsewhere: state job.jarURI'),
  'pipeline.classpaths': deny('would load code from elsewhere: state job.jarURI'),
  'pipeline.cached-files': deny('would load files from elsewhere'),
  'parallelism.default': deny('is the same as job.parallelism: state that'),
  'table.': anything,
  'restart-strategy.': anything,
  'restart-strategy.type': oneOf(...RESTART_STRATEGIES),
  'jobmanager.scheduler': oneOf('adaptive', 'default'),
  'jobmanager.adaptive-scheduler.': anything,
  'jobmanager.execution.': anything,
  'scheduler-mode': deny('is for standalone clusters: Headgate runs jobs in native mode'),

  // Processes and their memory; the total is stated in the spec.
  'taskmanager.numberOfTaskSlots': integer(1, 128),
  'taskmanager.memory.': memoryOf('taskManager'),
  'taskmanager.memory.managed.consumer-weights': anything,
  'taskmanager.memory.process.size': deny('is the same as taskManager.resource.memory: state that'),
  'taskmanager.memory.flink.size': deny('would contradict taskManager.resource.memory'),
  'taskmanager.network.': anything,
  'taskmanager.registration.': anything,
  'taskmanager.slot.timeout': duration(1, DAY),
  'taskmanager.rpc.port': anything,
  'taskmanager.data.port': anything,
  'taskmanager.load-balance.mode': anything,
  'jobmanager.memory.': memoryOf('jobManager'),
  'jobmanager.memory.enable-jvm-direct-memory-limit': oneOf('true', 'false'),
  'jobmanager.memory.process.size': deny('is the same as jobManager.resource.memory: state that'),
  'jobmanager.memory.flink.size': deny('would contradict jobManager.resource.memory'),
  'jobmanager.rpc.port': anything,
  'blob.': anything,
  'classloader.': anything,
  'cluster.registration.': anything,
  'cluster.evenly-spread-out-slots': oneOf('true', 'false'),
  'cluster.io-pool.size': integer(1, 1024),
  'heartbeat.': anything,
  'io.tmp.dirs': anything,
  'process.': anything,
  'pekko.ask.timeout': duration(1, 3600),
  'pekko.framesize': anything,
  'resourcemanager.': anything,
  'slot.': anything,
  'task.': anything,

  // The REST API has no authentication; its port is part of the fences.
  'rest.port': oneOf('8081'),
  'rest.flamegraph.': anything,
  'web.refresh-interval': anything,
  'web.timeout': anything,
  'web.checkpoints.history': integer(0, 1000),
  'web.exception-history-size': integer(0, 1000),
  'web.submit.enable': oneOf('false'),

  'metrics.': anything,
  'job.autoscaler.': anything, // read as policy
  'job.autoscaler.enabled': oneOf('false'),

  // Where S3 is; who one is there comes from the service account.
  's3.endpoint': anything,
  's3.endpoint.region': anything,
  's3.path.style.access': anything,
  's3.path-style-access': anything,
  's3.entropy.': anything,
  's3.': deny(OF_IDENTITY),
  's3a.': deny(OF_IDENTITY),
  'fs.': deny(OF_IDENTITY),
  'flink.hadoop.': deny(OF_IDENTITY),
  'security.': deny(OF_IDENTITY),

  'kubernetes.': deny(OF_PODS),
  'external-resource.': deny(OF_PODS),
  'external-resources': deny(OF_PODS),
  'env.': deny(OF_JVM),
  'containerized.': deny(OF_JVM),
  'plugin.': deny(OF_JVM),
  'jobmanager.archive.fs.dir': deny('would write outside the place for state'),
  'historyserver.': deny('is not for jobs'),
  'web.cancel.enable': deny('a job is ended by a request'),

  // The operator's own options; most are for the cluster, some for a job.
  'kubernetes.operator.': deny('is for the operator, or ' + OF_RECOVERY),
  'kubernetes.operator.job.restart.failed': deny(OF_RECOVERY),
  'kubernetes.operator.cluster.health-check.': deny(OF_RECOVERY),
  'kubernetes.operator.deployment.rollback.enabled': deny(OF_RECOVERY),
  'kubernetes.operator.job.upgrade.inplace-scaling.enabled': oneOf('true'),
  'kubernetes.operator.job.upgrade.last-state-fallback.enabled': oneOf('true'),
  'kubernetes.operator.job.upgrade.last-state.max.allowed.checkpoint.age': duration(1, 30 * DAY),
  'kubernetes.operator.job.savepoint-on-deletion': anything,
  'kubernetes.operator.periodic.savepoint.interval': duration(600, 30 * DAY),
  'kubernetes.operator.periodic.checkpoint.interval': duration(60, 30 * DAY),
  'kubernetes.operator.savepoint.history.': anything,
  'kubernetes.operator.savepoint.cleanup.enabled': anything,
  'kubernetes.operator.savepoint.dispose-on-delete': oneOf('false'),
  'kubernetes.operator.savepoint.format.type': anything,
  'kubernetes.operator.savepoint.trigger.grace-period': duration(1, 3600),
  'kubernetes.operator.checkpoint.type': anything,
  'kubernetes.operator.checkpoint.trigger.grace-period': duration(1, 3600),
  'kubernetes.operator.jm-deployment.startup.probe.enabled': anything,
  'kubernetes.operator.pod-template.merge-arrays-by-name': oneOf('true'),
};

/** Rules for names with a part that the tenant chooses. They go before the others. */
const PATTERNS: readonly (readonly [RegExp, Rule])[] = [
  [/^metrics\.reporter\.[^.]+\.factory\.class$/, oneOf(...REPORTERS)],
  [/^metrics\.reporter\.[^.]+\.class$/, deny('is obsolete: state factory.class')],
  [/^job\.autoscaler\.(.+\.)?(custom-.*|class)$/, deny(RUNS_IN_OPERATOR)],
  [/^job\.autoscaler\..*\.custom-/, deny(RUNS_IN_OPERATOR)],
  [/^job\.autoscaler\.scaling\.parallelism-alignment\.mode\./, deny(RUNS_IN_OPERATOR)],
];

/**
 * Other names of options with a rule of their own: deprecated and fallback keys of Flink 1.17 to 2.2 and of the operator
 * (`ConfigOption.fallbackKeys`), and the names that 1.20 gave to what 1.19 called `state.…`.
 */
const PRESENT_NAME: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'state.backend.fs.checkpointdir': 'state.checkpoints.dir',
    'execution.checkpointing.dir': 'state.checkpoints.dir',
    'savepoints.state.backend.fs.dir': 'state.savepoints.dir',
    'execution.checkpointing.savepoint-dir': 'state.savepoints.dir',
    'state.checkpoints.create-subdir': 'execution.checkpointing.create-subdir',
    'execution.checkpointing.storage': 'state.checkpoint-storage',
    'execution.checkpointing.num-retained': 'state.checkpoints.num-retained',
    'state.backend': 'state.backend.type',
    'high-availability': 'high-availability.type',
    'recovery.mode': 'high-availability.type',
    'high-availability.zookeeper.storageDir': 'high-availability.storageDir',
    'recovery.zookeeper.storageDir': 'high-availability.storageDir',
    'high-availability.zookeeper.path.namespace': 'high-availability.cluster-id',
    'recovery.zookeeper.path.namespace': 'high-availability.cluster-id',
    'execution.buffer-timeout': 'execution.buffer-timeout.interval',
    'restart-strategy': 'restart-strategy.type',
    'web.port': 'rest.port',
    'jobmanager.web.submit.enable': 'web.submit.enable',
    'akka.ask.timeout': 'pekko.ask.timeout',
    'akka.framesize': 'pekko.framesize',
  }),
);

const presentName = (key: string): string =>
  PRESENT_NAME.get(key) ?? key.replace(/^kubernetes\.operator\.job\.autoscaler\./, 'job.autoscaler.');

const ruleFor = (key: string): Rule | undefined => {
  const pattern = PATTERNS.find(([name]) => name.test(key));
  if (pattern !== undefined) return pattern[1];
  if (Object.hasOwn(RULES, key)) return RULES[key];
  const parts = key.split('.');
  while (parts.pop() !== undefined) {
    const prefix = `${parts.join('.')}.`;
    if (Object.hasOwn(RULES, prefix)) return RULES[prefix];
  }
  return undefined;
};

/** Names under which a Flink version looks for an option, the first that is stated wins. */
const NAMES_SINCE_1_20: Readonly<Record<string, string>> = {
  'state.checkpoints.dir': 'execution.checkpointing.dir',
  'state.savepoints.dir': 'execution.checkpointing.savepoint-dir',
};

/** What a job with state must state. */
const REQUIRED: readonly (readonly [key: string, why: string])[] = [
  ['execution.checkpointing.interval', 'without checkpoints a failure costs all state'],
  ['state.checkpoints.dir', 'checkpoints need a place'],
  ['state.savepoints.dir', 'savepoints need a place'],
  ['high-availability.type', 'without it (kubernetes) a lost JobManager costs all state'],
  ['high-availability.storageDir', 'high availability needs a place'],
];

/** Options are written line by line into a file: a name or value with a line break would be two. */
const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$/;
// oxlint-disable-next-line no-control-regex
const LINE_BREAKING = /[\u0000-\u001f\u007f\u0085\u2028\u2029]/;
const MAX_VALUE_LENGTH = 8192;

/** The configuration with names and values trimmed, as Flink reads them, and everything that is wrong with it. */
export const checkFlinkConfiguration = (
  given: Readonly<Record<string, string>>,
  context: ConfigurationContext,
): { readonly configuration: Readonly<Record<string, string>>; readonly problems: readonly string[] } => {
  const problems: string[] = [];
  const configuration: Record<string, string> = {};
  const report = (key: string, problem: string) => problems.push(`spec.flinkConfiguration.${key}: ${problem}`);

  for (const [rawKey, rawValue] of Object.entries(given)) {
    const [key, value] = [rawKey.trim(), rawValue.trim()];
    if (!KEY.test(key)) {
      report(JSON.stringify(key.slice(0, 64)), 'is no name of an option');
      continue;
    }
    if (Object.hasOwn(configuration, key)) report(key, 'is stated twice');
    configuration[key] = value;
    const problem = problemOf(key, value, context);
    if (problem !== undefined) report(key, problem);
  }

  if (!context.stateless) {
    const isNew = context.flinkVersion[0] > 1 || context.flinkVersion[1] >= 20;
    const stated = new Set(
      Object.entries(configuration)
        .filter(([, value]) => value !== '')
        .map(([key]) => (!isNew && Object.values(NAMES_SINCE_1_20).includes(key) ? key : presentName(key))),
    );
    for (const [key, why] of REQUIRED) {
      if (!stated.has(key)) report(key, `is needed unless the job says stateless: true; ${why}`);
    }
  }
  return { configuration, problems };
};

const problemOf = (key: string, value: string, context: ConfigurationContext): string | undefined => {
  if (value.length > MAX_VALUE_LENGTH || LINE_BREAKING.test(value)) {
    return `must be one line of at most ${MAX_VALUE_LENGTH} characters`;
  }
  const name = presentName(key);
  const rule = ruleFor(name);
  if (rule === undefined) return 'is not an option that tenants may set';
  return 'deny' in rule ? rule.deny : rule.allow(value, context, name);
};
