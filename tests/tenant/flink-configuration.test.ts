import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkFlinkConfiguration, type ConfigurationContext } from '../../lib/tenant/flink-configuration.ts';
import { STATEFUL_CONFIGURATION } from './samples.ts';

const context: ConfigurationContext = {
  flinkVersion: [1, 18],
  stateless: false,
  statePrefix: 's3://flink/payments/',
  memoryBytes: { jobManager: 2 ** 30, taskManager: 2 ** 31 },
};
const problemsOf = (configuration: Record<string, string>, changes: Partial<ConfigurationContext> = {}) =>
  checkFlinkConfiguration({ ...STATEFUL_CONFIGURATION, ...configuration }, { ...context, ...changes }).problems;

/** Each rule by a value that is refused and a neighbour that is allowed; undefined where there is none. */
const RULES: readonly (readonly [
  sentence: string,
  key: string,
  refused: string | undefined,
  allowed: string | undefined,
])[] = [
  ['the namespace of pods is not the tenant’s to choose', 'kubernetes.namespace', 'fraud', undefined],
  ['nor is the cluster id', 'kubernetes.cluster-id', 'x', undefined],
  ['nor the id of high availability', 'high-availability.cluster-id', '/x', undefined],
  ['nor that by its deprecated name', 'high-availability.zookeeper.path.namespace', '/x', undefined],
  ['the service account is not', 'kubernetes.service-account', 'admin', undefined],
  ['nor that of one process', 'kubernetes.taskmanager.service-account', 'admin', undefined],
  ['pod templates by file are not', 'kubernetes.pod-template-file', '/x', undefined],
  ['nor for one process', 'kubernetes.pod-template-file.taskmanager', '/x', undefined],
  ['the host network is not', 'kubernetes.hostnetwork.enabled', 'true', undefined],
  ['secrets are mounted by the pod template', 'kubernetes.secrets', 'a:/a', undefined],
  ['the environment is stated in the pod template', 'kubernetes.env.secretKeyRef', 'env:A,secret:a,key:a', undefined],
  ['the image is stated in the spec', 'kubernetes.container.image.ref', 'evil', undefined],
  ['also under its deprecated name', 'kubernetes.container.image', 'evil', undefined],
  ['the entry point is not the tenant’s', 'kubernetes.entry.path', '/x', undefined],
  ['no other cluster is reached', 'kubernetes.context', 'prod', undefined],
  ['owners of pods are not stated', 'kubernetes.jobmanager.owner.reference', 'x', undefined],
  ['nodes are not chosen past the tenant', 'kubernetes.taskmanager.node-selector', 'a:b', undefined],
  ['taints are not tolerated', 'kubernetes.taskmanager.tolerations', 'key:a', undefined],
  ['labels are not forged', 'kubernetes.taskmanager.labels', 'headgate.dev/tenant:x', undefined],
  ['the REST service is not exposed', 'kubernetes.rest-service.exposed.type', 'LoadBalancer', undefined],
  ['CPU is stated in the spec', 'kubernetes.taskmanager.cpu', '64', undefined],
  ['limits are not stretched past requests', 'kubernetes.taskmanager.cpu.limit-factor', '10', undefined],
  ['devices are not taken', 'external-resource.gpu.amount', '8', undefined],
  ['JVM options are not set', 'env.java.opts.all', '-javaagent:x', undefined],
  ['nor by their old name', 'env.java.opts', '-javaagent:x', undefined],
  ['nor the environment', 'containerized.master.env.A', 'x', undefined],
  ['identity is not configured', 'security.kerberos.login.principal', 'x', undefined],
  ['credentials of S3 are not', 's3.access-key', 'x', undefined],
  ['where S3 is may be said', 's3.secret-key', 'x', undefined],
  ['an S3 endpoint may be stated', 's3.anything', 'x', undefined],
  ['file systems are not configured', 'fs.default-scheme', 's3://other/', undefined],
  ['nor through Hadoop', 'flink.hadoop.fs.s3a.access.key', 'x', undefined],
  ['finished jobs are archived nowhere else', 'jobmanager.archive.fs.dir', 's3://other/', undefined],
  ['jobs are not submitted over REST', 'web.submit.enable', 'true', 'false'],
  ['the REST port is the one that fences know', 'rest.port', '8082', '8081'],
  ['also by its old name', 'web.port', '8082', '8081'],
  ['the scheduler is adaptive or the default', 'jobmanager.scheduler', 'Ng', 'Adaptive'],
  ['reactive mode is not for native clusters', 'scheduler-mode', 'reactive', undefined],
  ['parallelism overrides are Headgate’s', 'pipeline.jobvertex-parallelism-overrides', 'a:1', undefined],
  ['parallelism is stated in the job', 'parallelism.default', '4', undefined],
  ['code comes from the image', 'pipeline.jars', 'http://x/x.jar', undefined],
  ['also by class path', 'pipeline.classpaths', 'http://x/', undefined],
  ['upstream’s autoscaler stays off', 'job.autoscaler.enabled', 'true', 'false'],
  ['also by its old name', 'kubernetes.operator.job.autoscaler.enabled', 'TRUE', ' False '],
  ['its other options are read as policy', 'job.autoscaler.scaling.custom-executors', 'x', undefined],
  ['nothing of the tenant runs in the operator', 'job.autoscaler.metrics.custom-evaluator.a.class', 'x', undefined],
  ['failed jobs are restarted by Headgate', 'kubernetes.operator.job.restart.failed', 'true', undefined],
  ['health is judged by Headgate', 'kubernetes.operator.cluster.health-check.enabled', 'true', undefined],
  [
    'upgrades are not rolled back by the operator',
    'kubernetes.operator.deployment.rollback.enabled',
    'true',
    undefined,
  ],
  ['jobs are rescaled in place', 'kubernetes.operator.job.upgrade.inplace-scaling.enabled', 'false', 'true'],
  ['the operator’s own settings are not the tenant’s', 'kubernetes.operator.watched.namespaces', 'x', undefined],
  ['savepoints are not taken all the time', 'kubernetes.operator.periodic.savepoint.interval', '1s', '1h'],
  ['checkpoints are at least a second apart', 'execution.checkpointing.interval', '10ms', '1 s'],
  ['and at most a day', 'execution.checkpointing.interval', '2 d', 'PT1H'],
  [
    'checkpoints outlive the job',
    'execution.checkpointing.externalized-checkpoint-retention',
    'DELETE_ON_CANCELLATION',
    'RETAIN_ON_CANCELLATION',
  ],
  ['checkpoints of two jobs do not mix', 'execution.checkpointing.create-subdir', 'false', 'true'],
  ['also by the old name', 'state.checkpoints.create-subdir', 'false', 'true'],
  ['restore points are for recovery to choose', 'execution.savepoint.path', 's3://flink/payments/x', undefined],
  ['also by the new name', 'execution.state-recovery.path', 's3://flink/payments/x', undefined],
  ['nobody claims other snapshots', 'execution.savepoint-restore-mode', 'CLAIM', undefined],
  ['checkpoints lie below the prefix', 'state.checkpoints.dir', 's3://flink/fraud/x', 's3://flink/payments/x'],
  ['also by their deprecated name', 'state.backend.fs.checkpointdir', 's3://flink/fraud/x', 's3://flink/payments/x'],
  ['also by their new name', 'execution.checkpointing.dir', 's3://flink/fraud/x', 's3://flink/payments/x'],
  ['savepoints lie below the prefix', 'state.savepoints.dir', 's3://flink/payments/../fraud', 's3://flink/payments/s'],
  ['also by their deprecated name', 'savepoints.state.backend.fs.dir', 's3://x/', 's3://flink/payments/s'],
  ['also by their new name', 'execution.checkpointing.savepoint-dir', 's3://x/', 's3://flink/payments/s'],
  ['HA metadata lie below the prefix', 'high-availability.storageDir', 'file:///tmp', 's3://flink/payments/h'],
  ['also by their deprecated name', 'recovery.zookeeper.storageDir', 's3://x/', 's3://flink/payments/h'],
  ['the changelog lies below the prefix', 'dstl.dfs.base-path', 's3://x/', 's3://flink/payments/d'],
  ['so does remote state', 'state.backend.forst.primary-dir', 's3://x/', 's3://flink/payments/f'],
  [
    'a place that an option of tomorrow names does, too',
    'state.backend.tomorrow.dir',
    's3://x/',
    's3://flink/payments/t',
  ],
  ['high availability is that of Kubernetes', 'high-availability.type', 'zookeeper', 'KUBERNETES'],
  ['also by its old name', 'high-availability', 'org.example.Factory', 'kubernetes'],
  ['checkpoints are files', 'state.checkpoint-storage', 'jobmanager', 'filesystem'],
  ['state backends are those of Flink', 'state.backend', 'org.example.Backend', 'rocksdb'],
  ['restart strategies are those of Flink', 'restart-strategy', 'org.example.Strategy', 'exponential-delay'],
  ['slots are counted in whole numbers', 'taskmanager.numberOfTaskSlots', '0', '4'],
  ['slots have an end', 'taskmanager.numberOfTaskSlots', '1000', '128'],
  ['memory is stated in the spec', 'taskmanager.memory.process.size', '100g', undefined],
  ['parts of memory do not exceed the whole', 'taskmanager.memory.managed.size', '3g', '512m'],
  ['also of the JobManager', 'jobmanager.memory.jvm-metaspace.size', '2g', '256m'],
  ['shares of memory are shares', 'taskmanager.memory.managed.fraction', '1.5', '0.4'],
  [
    'metric reporters are those of Flink',
    'metrics.reporter.a.factory.class',
    'org.example.Reporter',
    'org.apache.flink.metrics.prometheus.PrometheusReporterFactory',
  ],
  ['not by reflection', 'metrics.reporter.a.class', 'org.example.Reporter', undefined],
  ['Flink’s internal options are not for tenants', '$internal.application.main', 'x', undefined],
  ['what nobody knows is refused', 'quite.new.option', 'x', undefined],
];

describe('Flink configuration:', () => {
  for (const [sentence, key, refused, allowed] of RULES) {
    it(`${sentence} (${key})`, () => {
      if (refused !== undefined) assert.equal(problemsOf({ [key]: refused }).length, 1, `${refused} is refused`);
      if (allowed !== undefined) assert.deepEqual(problemsOf({ [key]: allowed }), [], `${allowed} is allowed`);
    });
  }

  it('what a job commonly states is allowed', () => {
    const common = {
      'taskmanager.numberOfTaskSlots': '2',
      'jobmanager.adaptive-scheduler.resource-stabilization-timeout': '1 s',
      'jobmanager.memory.off-heap.size': '64m',
      'taskmanager.memory.network.min': '24m',
      'taskmanager.memory.managed.size': '0m',
      'execution.checkpointing.mode': 'EXACTLY_ONCE',
      'execution.checkpointing.unaligned.enabled': 'true',
      'state.backend.incremental': 'true',
      'state.backend.rocksdb.localdir': '/data/rocksdb',
      'state.checkpoints.num-retained': '3',
      'restart-strategy.exponential-delay.max-backoff': '1 min',
      'cluster.registration.error-delay': '500',
      'heartbeat.timeout': '10000',
      'slot.idle.timeout': '5000',
      'web.refresh-interval': '500',
      'metrics.fetcher.update-interval': '1000',
      'pipeline.max-parallelism': '720',
      'pipeline.object-reuse': 'true',
      'table.exec.state.ttl': '1 d',
      's3.endpoint': 'http://minio.storage:9000',
      's3.path.style.access': 'true',
      'job.autoscaler.vertex.max-parallelism': '24',
      'kubernetes.operator.savepoint.history.max.count': '5',
    };
    assert.deepEqual(problemsOf(common), []);
  });

  it('names and values are trimmed, as Flink trims them, before they are judged', () => {
    assert.match(problemsOf({ ' kubernetes.namespace ': 'fraud' }).join(), /kubernetes\.namespace/);
    const { configuration } = checkFlinkConfiguration({ ' rest.port ': ' 8081 ' }, context);
    assert.deepEqual(configuration, { 'rest.port': '8081' });
  });

  it('one name is not stated twice by way of spaces', () => {
    assert.match(problemsOf({ 'rest.port': '8081', 'rest.port ': '8081' }).join(), /stated twice/);
  });

  it('a line break smuggles no second option into the file', () => {
    assert.equal(problemsOf({ 'pipeline.name': 'a\nkubernetes.namespace: fraud' }).length, 1);
    assert.equal(problemsOf({ 'pipeline.name\nkubernetes.namespace': 'fraud' }).length, 1);
    assert.equal(problemsOf({ 'pipeline.name: a': 'b' }).length, 1);
  });

  it('another spelling of a name is another option, and refused', () => {
    assert.equal(problemsOf({ 'Kubernetes.Namespace': 'fraud' }).length, 1);
  });

  for (const key of Object.keys(STATEFUL_CONFIGURATION)) {
    it(`a job with state needs ${key}`, () => {
      const { [key]: _, ...rest } = STATEFUL_CONFIGURATION;
      const missing = checkFlinkConfiguration(rest, context).problems;
      assert.equal(missing.length, 1);
      assert.match(missing[0] ?? '', new RegExp(`${key.replaceAll('.', '\\.')}: is needed`));
      assert.deepEqual(checkFlinkConfiguration(rest, { ...context, stateless: true }).problems, []);
    });
  }

  it('an empty value states nothing', () => {
    assert.ok(problemsOf({ 'state.checkpoints.dir': '' }).some((p) => p.includes('is needed')));
  });

  it('a place under the name that came with 1.20 counts from 1.20 on', () => {
    const { 'state.checkpoints.dir': _, ...rest } = STATEFUL_CONFIGURATION;
    const renamed = { ...rest, 'execution.checkpointing.dir': 's3://flink/payments/c' };
    assert.equal(checkFlinkConfiguration(renamed, context).problems.length, 1);
    assert.deepEqual(checkFlinkConfiguration(renamed, { ...context, flinkVersion: [1, 20] }).problems, []);
    assert.deepEqual(checkFlinkConfiguration(renamed, { ...context, flinkVersion: [2, 0] }).problems, []);
  });

  it('a stateless job may run without high availability and keep no checkpoints', () => {
    const stateless = { ...context, stateless: true };
    const check = (configuration: Record<string, string>) => checkFlinkConfiguration(configuration, stateless).problems;
    assert.deepEqual(check({ 'high-availability.type': 'NONE' }), []);
    assert.deepEqual(
      check({ 'execution.checkpointing.externalized-checkpoint-retention': 'DELETE_ON_CANCELLATION' }),
      [],
    );
    assert.equal(check({ 'high-availability.type': 'org.example.Factory' }).length, 1);
    assert.equal(check({ 'state.checkpoints.dir': 's3://flink/fraud/' }).length, 1);
  });
});
