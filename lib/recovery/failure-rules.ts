import type { FailureClass } from './failure.ts';

/** One way to tell a failure's class from its text. */
export type FailureRule = { readonly class: FailureClass; readonly reason: string; readonly pattern: RegExp };

const rule = (failureClass: FailureClass, reason: string, pattern: RegExp): FailureRule => ({
  class: failureClass,
  reason,
  pattern,
});

/**
 * Tried in order: what says most about the cause stands first, what is only a symptom (a lost connection) last.
 * Beside each rule, who writes the text.
 */
export const FAILURE_RULES: readonly FailureRule[] = [
  // AbstractFsCheckpointStorageAccess.resolveCheckpointPointer; a state file below it: the file systems' FileNotFoundException.
  rule('state-missing', 'RestorePointMissing', /Cannot find (checkpoint or savepoint file|meta ?data file)/i),
  rule('state-missing', 'StateFileMissing', /FileNotFoundException.*\/(chk-\d+|savepoint-[^/]+|shared|taskowned)\b/),
  // Flink Kubernetes Operator, ApplicationReconciler.getJobUpgrade and AbstractFlinkService.submitApplicationCluster.
  rule('state-missing', 'HaMetadataMissing', /HA (meta)?data is not available|Manual restore required/i),

  // Checkpoints.loadAndValidateCheckpoint: state of an operator that the program does not have, or another max parallelism.
  rule('poison', 'StateIncompatible', /Cannot map checkpoint\/savepoint state|Max ?parallelism mismatch/i),
  // State backends, when a serializer changed incompatibly.
  rule('poison', 'StateIncompatible', /StateMigrationException|serializer .*must not be incompatible/i),

  // kubelet, container state `waiting`.
  rule(
    'image',
    'ImageUnusable',
    /\b(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|ImageInspectError)\b/,
  ),
  rule(
    'configuration',
    'ContainerConfigInvalid',
    /\b(CreateContainerConfigError|CreateContainerError|RunContainerError)\b/,
  ),

  // ResourceQuota admission plugin; kube-scheduler; DeclarativeSlotPoolBridge and AdaptiveScheduler (WaitingForResources).
  rule('capacity', 'QuotaExceeded', /exceeded quota:/),
  rule('capacity', 'Unschedulable', /\bUnschedulable\b|\bFailedScheduling\b|\d+\/\d+ nodes are available/),
  rule('capacity', 'NoSlots', /NoResourceAvailableException|Could not acquire the minimum required resources/),

  // ResourceQuota admission plugin, when a container states no request or limit.
  rule('configuration', 'RequestsMissing', /failed quota: .*must specify/),
  // Flink's configuration, connectors' (Kafka), and job graphs that cannot be translated.
  rule(
    'configuration',
    'ConfigurationInvalid',
    /IllegalConfigurationException|\bConfigException\b|InvalidProgramException/,
  ),
  // The classpath: the class loader's errors, and what a mixture of versions leads to.
  rule(
    'configuration',
    'ClasspathBroken',
    /ClassNotFoundException|NoClassDefFoundError|NoSuch(Method|Field)Error|AbstractMethodError|UnsupportedClassVersionError/,
  ),

  // SuppressRestartsException: Flink itself holds a restart to be useless (ThrowableType.NonRecoverableError).
  rule(
    'poison',
    'RestartsSuppressed',
    /SuppressRestartsException|This suppresses job restarts|The failure is not recoverable/,
  ),
  // What the same record does to the same program again.
  rule(
    'poison',
    'ProgramFailed',
    /NullPointerException|ClassCastException|NumberFormatException|ArithmeticException|(ArrayIndex|StringIndex|Index)OutOfBoundsException|UnsupportedOperationException/,
  ),
  rule(
    'poison',
    'RecordUnreadable',
    /Failed to deserialize|(Deserialization|JsonParse|MismatchedInput|JsonMapping|AvroType|InvalidProtocolBuffer|MalformedInput)Exception/,
  ),

  // kubelet and JVM. Another run may get by; a leak or too small a size uses the budget up.
  rule('transient', 'OutOfMemory', /\bOOMKilled\b|OutOfMemoryError/),
  // Pods and connections that come and go.
  rule(
    'transient',
    'TaskManagerLost',
    /Heartbeat of TaskManager .* timed out|TaskManager .*(no longer reachable|was killed|shutting down)|assigned slot .* was removed|ResourceManager leader changed/i,
  ),
  rule(
    'transient',
    'ConnectionLost',
    /(RemoteTransport|LocalTransport|PartitionConnection|ProducerFailed|Connect|Socket|SocketTimeout|NoRouteToHost|UnknownHost|Timeout|Disconnect|AskTimeout|RecipientUnreachable)Exception|Connection (refused|reset)/,
  ),
  // CheckpointFailureManager.
  rule('transient', 'CheckpointsFailed', /Exceeded checkpoint tolerable failure threshold/),
  // Object stores under load.
  rule('transient', 'StoreThrottled', /\bSlowDown\b|Service Unavailable|Status Code: 50[0-9]/),
];
