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
  readonly flinkVersion: readonly [number, number] | undefined;
  readonly configuration: FlinkConfiguration;
  readonly upstreamAutoscaler: boolean;
  /** Field managers, other than ours, that own the overrides in force; `undefined`: overrides of nobody known. */
  readonly overridesOwner: 'nobody' | 'us' | 'another';
};

export type UpgradeMode = 'stateless' | 'savepoint' | 'last-state';

/**
 * In place needs what the operator's `NativeFlinkService.scale` asks for (native mode, adaptive scheduler, Flink 1.18 or newer, a job
 * that is neither terminal nor RECONCILING, no vertex taken out of the map, in-place scaling not switched off). Where that fails, and
 * also on any error while it rescales, the operator falls back to a full upgrade by `upgradeMode`. So a stateful job in the mode
 * `stateless` is never rescaled through its FlinkDeployment: one failed call to its JobManager would cost its state.
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
  if (facts.stateful && facts.upgradeMode === 'stateless') {
    return none('WouldRestartWithoutState', 'upgradeMode is stateless, and a rescale that fails becomes an upgrade');
  }
  const { flinkVersion, configuration } = facts;
  const inPlace =
    configuration['jobmanager.scheduler']?.trim().toLowerCase() === 'adaptive' &&
    isNewEnough(flinkVersion) &&
    isTrue(configuration['kubernetes.operator.job.upgrade.inplace-scaling.enabled'] ?? 'true');
  if (inPlace) return { kind: 'in-place' };
  if (!facts.stateful || keepsState(facts.upgradeMode, configuration)) return { kind: 'upgrade' };
  return none(
    'WouldRestartWithoutState',
    `upgradeMode is ${facts.upgradeMode}, but no directory for its state is configured`,
  );
};

const none = (reason: string, message: string): RescalePath => ({ kind: 'none', reason, message });

const isNewEnough = (version: readonly [number, number] | undefined): boolean =>
  version !== undefined && (version[0] > 1 || version[1] >= 18);

/** Whether an upgrade in this mode has somewhere to keep state. That there is state is for the caller to prove. */
export const keepsState = (upgradeMode: UpgradeMode, configuration: FlinkConfiguration): boolean => {
  if (upgradeMode === 'savepoint') return savepointDirectory(configuration) !== undefined;
  return upgradeMode === 'last-state' && checkpointDirectory(configuration) !== undefined;
};

export const checkpointDirectory = (configuration: FlinkConfiguration): string | undefined =>
  optionOf(configuration, 'execution.checkpointing.dir', 'state.checkpoints.dir');

export const savepointDirectory = (configuration: FlinkConfiguration): string | undefined =>
  optionOf(configuration, 'execution.checkpointing.savepoint-dir', 'state.savepoints.dir');
