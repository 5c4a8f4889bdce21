import { z } from 'zod';
import type { Pod } from '../../clients/kubernetes/kinds.ts';
import type { PodProblem } from '../../recovery/failure.ts';

/** The part of a pod's status that tells why it does not run. */
const PodTrouble = z.object({
  conditions: z
    .array(
      z.object({ type: z.string(), status: z.string(), reason: z.string().optional(), message: z.string().optional() }),
    )
    .default([]),
  containerStatuses: z
    .array(
      z.object({
        state: z
          .object({
            waiting: z.object({ reason: z.string().default(''), message: z.string().optional() }).optional(),
            terminated: z
              .object({ reason: z.string().default(''), message: z.string().optional(), exitCode: z.number() })
              .optional(),
          })
          .default({}),
        lastState: z.object({ terminated: z.object({ reason: z.string().default('') }).optional() }).default({}),
      }),
    )
    .default([]),
});

/** Waiting for these is normal. */
const NO_TROUBLE = new Set(['', 'ContainerCreating', 'PodInitializing', 'Completed']);

/** Why a pod does not run as it should, as far as its status tells. */
export const podProblemsOf = (pod: Pod): readonly PodProblem[] => {
  const parsed = PodTrouble.safeParse(pod.status ?? {});
  if (!parsed.success) return [];
  const component = pod.metadata.labels?.['component'] === 'taskmanager' ? 'taskmanager' : 'jobmanager';
  const reasons = parsed.data.containerStatuses.flatMap(({ state, lastState }) =>
    [state.waiting, state.terminated, lastState.terminated].filter((s) => s !== undefined),
  );
  const unscheduled = parsed.data.conditions.filter((c) => c.type === 'PodScheduled' && c.status === 'False');
  return [...reasons, ...unscheduled]
    .filter((problem) => !NO_TROUBLE.has(problem.reason ?? ''))
    .map((problem) => ({
      pod: pod.metadata.name,
      component,
      reason: problem.reason ?? 'Unknown',
      ...('message' in problem && typeof problem.message === 'string' ? { message: problem.message } : {}),
    }));
};
