import type { RescalePath } from '../model/workload.ts';
import { isTrue, optionOf, type FlinkConfiguration } from './flink-configuration.ts';

/** What decides how an override of parallelism would reach the job. */
export type RescaleFacts = {
  readonly deleting: boolean;
  readonly hasJob: boolean;
  readonly mode: 'native' | 'standalone';
  readonly reportedState: string | undefined;
  readonly settled: boolean;
  readonly stateful: boolean;
  readonly upgradeMode: UpgradeMode;
  readonly flinkVersion: FlinkVersion | undefined;
  readonly configuration: FlinkConfiguration;
  readonly upstreamAutoscaler: boolean;
  /** Who set the overrides that are in force. */
  readonly overridesOwner: 'nobody' | 'us' | 'another';
};

/** Major and minor. */
export type FlinkVersion = readonly [number, number];

export type UpgradeMode = 'stateless' | 'savepoint' | 'last-state';

/**
 * In place needs what the operator's `NativeFlinkService.scale` asks for (native mode, adaptive scheduler, Flink 1.18 or newer, a job
 * that is neither terminal nor RECONCILING, no vertex taken out of the map, in-place scaling not switched off). Where that fails, and
 * also on any error while it rescales, the operator falls back to a full upgrade by `upgradeMode`. So a stateful job whose upgrade
 * would not keep its state is never rescaled at all: one failed call to its JobManager would cost the state.
 */
export const evaluateRescalePath = (facts: RescaleFacts): RescalePath => {
  if (!facts.hasJob) return none('SessionCluster', 'it is a session cluster, not a job');
  if (facts.deleting) return none('Deleting', 'it is being deleted');
  if (facts.upstreamAutoscaler) {
    return none('UpstreamAutoscaler', 'job.autoscaler.enabled is on, and it would write its own overrides again');
  }
  if (facts.overridesOwner === 'another') {
    return none('Unmanaged', 'another field manager owns pipeline.jobvertex-parallelism-overrides');
  }
  if (facts.mode === 'standalone') {
    return none('StandaloneMode', 'in standalone mode overrides add no TaskManagers');
  }
  if (facts.reportedState !== 'RUNNING') {
    return none('NotRunning', `the operator reports the job as ${facts.reportedState ?? 'unknown'}`);
  }
  if (!facts.settled) return none('NotSettled', 'the operator is still at work on the last change');
  const loss = facts.stateful ? stateLossOf(facts) : undefined;
  if (loss !== undefined)
    return none('WouldRestartWithoutState', `${loss}, and a rescale that fails becomes an upgrade`);
  return rescalesInPlace(facts) ? { kind: 'in-place' } : { kind: 'upgrade' };
};

const none = (reason: string, message: string): RescalePath => ({ kind: 'none', reason, message });

const rescalesInPlace = ({ flinkVersion, configuration }: RescaleFacts): boolean =>
  isAdaptive(configuration) &&
  isAtLeast(flinkVersion, 1, 18) &&
  isTrue(configuration['kubernetes.operator.job.upgrade.inplace-scaling.enabled'] ?? 'true');

const isAdaptive = (configuration: FlinkConfiguration): boolean =>
  configuration['jobmanager.scheduler']?.trim().toLowerCase() === 'adaptive';

const isAtLeast = (version: FlinkVersion | undefined, major: number, minor: number): boolean =>
  version !== undefined && (version[0] > major || (version[0] === major && version[1] >= minor));

/**
 * Why an upgrade (stop and start by the operator) would lose the job's state; undefined when it has somewhere to keep it. That there
 * is state is for the caller to prove.
 */
export const stateLossOf = (
  facts: Pick<RescaleFacts, 'upgradeMode' | 'configuration' | 'flinkVersion'>,
): string | undefined => {
  const { upgradeMode, configuration, flinkVersion } = facts;
  if (upgradeMode === 'stateless') return 'upgradeMode is stateless';
  if (upgradeMode === 'savepoint') {
    return savepointDirectory(configuration) === undefined ? 'no savepoint directory is configured' : undefined;
  }
  if (checkpointDirectory(configuration) === undefined) return 'no checkpoint directory is configured';
  return isAdaptive(configuration) && !isAtLeast(flinkVersion, 1, 19)
    ? 'last-state with the adaptive scheduler can lose its checkpoints before Flink 1.19 (FLINK-34518)'
    : undefined;
};

export const checkpointDirectory = (configuration: FlinkConfiguration): string | undefined =>
  optionOf(configuration, 'execution.checkpointing.dir', 'state.checkpoints.dir');

export const savepointDirectory = (configuration: FlinkConfiguration): string | undefined =>
  optionOf(configuration, 'execution.checkpointing.savepoint-dir', 'state.savepoints.dir');
