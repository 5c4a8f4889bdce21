import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classifyFailure, type FailureEvidence } from '../../lib/recovery/classify-failure.ts';

const classOf = (evidence: Partial<FailureEvidence>): string => {
  const failure = classifyFailure({ state: 'FAILED', ...evidence });
  return failure === undefined ? 'none' : `${failure.class} ${failure.reason} ${failure.source}`;
};

const exception = (text: string): string => classOf({ failure: { at: 0, text } });

describe("classifyFailure, by Flink's exception", () => {
  const cases: readonly [name: string, text: string, want: string][] = [
    [
      'a restore point that is gone',
      "java.util.concurrent.CompletionException: java.lang.RuntimeException (Caused by: java.io.FileNotFoundException: Cannot find checkpoint or savepoint file/directory 's3a://b/c/chk-42' on file system 's3a'.)",
      'state-missing RestorePointMissing exception',
    ],
    [
      'a restore point without its metadata',
      "java.io.FileNotFoundException: Cannot find meta data file '_metadata' in directory 's3://b/chk-7'.",
      'state-missing RestorePointMissing exception',
    ],
    [
      'a state file that is gone',
      'java.io.FileNotFoundException: File does not exist: /flink/a/shared/5f1c',
      'state-missing StateFileMissing exception',
    ],
    [
      'an operator that the program no longer has',
      'java.lang.IllegalStateException: Failed to rollback to checkpoint/savepoint file:/x. Cannot map checkpoint/savepoint state for operator 77fec4 to the new program',
      'poison StateIncompatible exception',
    ],
    [
      'a serializer that changed',
      'org.apache.flink.util.StateMigrationException: The new key serializer for state must not be incompatible.',
      'poison StateIncompatible exception',
    ],
    [
      'slots that never came',
      'org.apache.flink.runtime.jobmanager.scheduler.NoResourceAvailableException: Could not acquire the minimum required resources.',
      'capacity NoSlots exception',
    ],
    [
      'a quota that refused pods',
      'io.fabric8.kubernetes.client.KubernetesClientException: pods "a-taskmanager-1-2" is forbidden: exceeded quota: headgate, requested: requests.cpu=1, used: requests.cpu=4, limited: requests.cpu=4',
      'capacity QuotaExceeded exception',
    ],
    [
      'a quota that wants requests stated',
      'pods "a" is forbidden: failed quota: headgate: must specify limits.cpu for: flink-main-container',
      'configuration RequestsMissing exception',
    ],
    [
      'a missing class',
      'java.lang.NoClassDefFoundError: org/apache/kafka/clients/consumer/Consumer',
      'configuration ClasspathBroken exception',
    ],
    [
      'an option that is wrong',
      'org.apache.flink.configuration.IllegalConfigurationException: Cannot parse state.backend',
      'configuration ConfigurationInvalid exception',
    ],
    [
      'what Flink itself holds to be final',
      'org.apache.flink.runtime.execution.SuppressRestartsException: Unrecoverable failure. This suppresses job restarts.',
      'poison RestartsSuppressed exception',
    ],
    [
      'a null in the program',
      'org.apache.flink.runtime.JobException: Recovery is suppressed by NoRestartBackoffTimeStrategy (Caused by: java.lang.NullPointerException)',
      'poison ProgramFailed exception',
    ],
    [
      'a record that cannot be read',
      'java.io.IOException: Failed to deserialize consumer record ConsumerRecord(topic = orders)',
      'poison RecordUnreadable exception',
    ],
    [
      'a TaskManager that fell silent',
      'java.util.concurrent.TimeoutException: Heartbeat of TaskManager with id a-taskmanager-1-1 timed out.',
      'transient TaskManagerLost exception',
    ],
    [
      'a connection that broke',
      "org.apache.flink.runtime.io.network.netty.exception.RemoteTransportException: Connection unexpectedly closed by remote task manager 'x'.",
      'transient ConnectionLost exception',
    ],
    [
      'checkpoints that failed too often',
      'org.apache.flink.util.FlinkRuntimeException: Exceeded checkpoint tolerable failure threshold.',
      'transient CheckpointsFailed exception',
    ],
    ['memory that ran out', 'java.lang.OutOfMemoryError: Metaspace', 'transient OutOfMemory exception'],
    ['anything else', 'java.lang.RuntimeException: probe failure injected', 'unknown Unrecognised exception'],
    [
      'a wrapper that names no cause',
      'org.apache.flink.runtime.JobException: Recovery is suppressed by FixedDelayRestartBackoffTimeStrategy',
      'unknown Unrecognised exception',
    ],
  ];
  for (const [name, text, want] of cases) {
    it(name, () => assert.equal(exception(text), want));
  }
});

describe('classifyFailure, by other evidence', () => {
  it('reads the controller: state that it gave up', () => {
    const workloadError =
      '{"type":"org.apache.flink.kubernetes.operator.exception.UpgradeFailureException","message":"JobManager deployment is missing and HA data is not available to make stateful upgrades. Manual restore required."}';
    assert.equal(classOf({ workloadError }), 'state-missing HaMetadataMissing controller');
  });
  it('reads pods: an image that cannot be pulled says more than the lost connection it leads to', () => {
    const podProblems = [{ pod: 'a-taskmanager-1-1', component: 'taskmanager', reason: 'ImagePullBackOff' }] as const;
    const failure = { at: 0, text: 'java.net.ConnectException: Connection refused' };
    assert.equal(classOf({ podProblems, failure }), 'image ImageUnusable pod');
  });
  it('reads pods: no node has room', () => {
    const message = '0/3 nodes are available: 3 Insufficient cpu.';
    const podProblems = [{ pod: 'a', component: 'taskmanager', reason: 'Unschedulable', message }] as const;
    assert.equal(classOf({ podProblems }), 'capacity Unschedulable pod');
  });
  it('cannot tell anything from a crash loop alone', () => {
    const podProblems = [{ pod: 'a', component: 'jobmanager', reason: 'CrashLoopBackOff' }] as const;
    assert.equal(classOf({ podProblems }), 'unknown Unrecognised pod');
  });
  it('has nothing but the state when nobody says why', () => {
    assert.equal(classOf({}), 'unknown Unrecognised state');
  });
  it('finds no failure where there is no evidence', () => {
    assert.equal(
      classifyFailure({ state: 'RUNNING', failure: undefined, workloadError: undefined, podProblems: [] }),
      undefined,
    );
  });
  it('keeps one line of evidence, and the time that Flink gave', () => {
    const failure = classifyFailure({
      state: 'FAILED',
      failure: { at: 1234, text: `java.lang.Error: ${'x'.repeat(999)}\n\tat a.B` },
    });
    assert.equal(failure?.evidence.length, 300);
    assert.ok(!failure.evidence.includes('\n'));
    assert.equal(failure.at, 1234);
  });
});
