import { z } from 'zod';
import type { Bounds, JobState } from '../job-model/state.ts';
import { jobNotRunning, ok, refused, type Answer } from './answer.ts';
import { isLive } from './look.ts';

const Requirements = z.record(
  z.string(),
  z.object({ parallelism: z.object({ lowerBound: z.number().int(), upperBound: z.number().int() }) }),
);
type Requirements = z.infer<typeof Requirements>;

/** `GET /jobs/:id/resource-requirements`: what was asked for. */
export const readRequirements = (live: JobState): Answer => {
  const { spec, requirements } = live;
  if (!isLive(live)) return jobNotRunning(spec.id);
  const shown = requirements.map(({ lower, upper }, v): [string, object] => [
    spec.vertices[v]!.id,
    { parallelism: { lowerBound: lower, upperBound: upper } },
  ]);
  return ok(Object.fromEntries(shown));
};

/** `PUT`: the bounds of every vertex, or why not. */
export const parseRequirements = (live: JobState, body: unknown): readonly Bounds[] | Answer => {
  if (!isLive(live)) return jobNotRunning(live.spec.id);
  const parsed = Requirements.safeParse(body);
  if (!parsed.success) return refused(400, 'Request did not match expected format JobResourceRequirementsBody.');
  if (Object.keys(parsed.data).length === 0) {
    return refused(400, 'Request body does not specify resource requirements.');
  }
  const problems = problemsOf(live, parsed.data);
  if (problems.length > 0) return refused(400, problems.join('\n'));
  return live.spec.vertices.map(({ id }) => {
    const { lowerBound, upperBound } = parsed.data[id]!.parallelism;
    return { lower: lowerBound, upper: upperBound };
  });
};

/** Every problem, in the words of `JobResourceRequirements.validate`. */
const problemsOf = ({ spec }: JobState, requirements: Requirements): readonly string[] => [
  ...spec.vertices.flatMap(({ id, maxParallelism }): string[] => {
    const asked = requirements[id]?.parallelism;
    if (asked === undefined) return [`The request is incomplete, missing job vertex [${id}] resource requirements.`];
    const { lowerBound: lower, upperBound: upper } = asked;
    if (lower < 1 || upper < 1) {
      return [
        `Both, the requested lower bound [${lower}] and upper bound [${upper}] for job vertex [${id}] must be greater than zero.`,
      ];
    }
    if (lower > upper) {
      return [`The requested lower bound [${lower}] for job vertex [${id}] is higher than the upper bound [${upper}].`];
    }
    return upper > maxParallelism
      ? [
          `The newly requested parallelism ${upper} for the job vertex ${id} exceeds its maximum parallelism ${maxParallelism}.`,
        ]
      : [];
  }),
  ...Object.keys(requirements)
    .filter((id) => spec.vertices.every((vertex) => vertex.id !== id))
    .map((id) => `Job vertex [${id}] was not found in the JobGraph.`),
];
