import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf, sourcesBelow, type Source } from './sources.ts';

const sources = sourcesBelow('functions', 'lib', 'events', 'local');

/** The rooms of the house, innermost first. A path belongs to the first room whose prefix it has. */
const ROOMS = {
  model: ['lib/model/'],
  events: ['events/'],
  pure: ['lib/autoscale/', 'lib/quota/', 'lib/tenant/', 'lib/recovery/', 'lib/targets/'],
  runtime: ['lib/runtime/'],
  clients: ['lib/clients/'],
  workflows: ['lib/workflows/'],
  functions: ['functions/'],
  local: ['local/'],
} as const;
type Room = keyof typeof ROOMS;

/** Which rooms a room may import from, itself included. */
const MAY_IMPORT: Record<Room, readonly Room[]> = {
  model: ['model'],
  events: ['events', 'model'],
  pure: ['pure', 'model', 'events'],
  runtime: ['runtime', 'model', 'events'],
  clients: ['clients', 'runtime', 'model'],
  workflows: ['workflows', 'pure', 'clients', 'runtime', 'model', 'events'],
  functions: ['workflows', 'runtime', 'clients', 'model', 'events'],
  local: ['local', 'functions', 'workflows', 'pure', 'clients', 'runtime', 'model', 'events'],
};

/** Packages that the pure rooms may use: schemas, deterministic hashing, deep comparison. */
const PURE_PACKAGES = new Set(['zod', 'node:crypto', 'node:util']);

const roomOf = (path: string): Room | undefined =>
  (Object.keys(ROOMS) as Room[]).find((room) => ROOMS[room].some((prefix) => path.startsWith(prefix)));

const problemsOf = (find: (source: Source) => readonly string[]): string =>
  sources.flatMap((source) => find(source).map((problem) => `${source.path}: ${problem}`)).join('\n');

test('every arrow between folders points the way docs/architecture.md says', () => {
  const problems = problemsOf(({ path, imports }) => {
    const room = roomOf(path);
    if (room === undefined) return ['lies in no known folder'];
    return imports
      .filter((target) => target.endsWith('.ts'))
      .filter((target) => {
        const targetRoom = roomOf(target);
        return targetRoom === undefined || !MAY_IMPORT[room].includes(targetRoom);
      })
      .map((target) => `${room} must not import ${target}`);
  });
  assert.equal(problems, '');
});

test('the pure folders and the model use no SDK, network, clock, randomness or environment', () => {
  const problems = problemsOf((source) => {
    const room = roomOf(source.path);
    if (room !== 'pure' && room !== 'model' && room !== 'events') return [];
    const packages = source.imports.filter((i) => !i.endsWith('.ts') && !PURE_PACKAGES.has(i));
    return packages.map((name) => `imports ${name}`);
  });
  assert.equal(problems, '');
});

const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b/, 'Date.now'],
  [/\bnew Date\(\s*\)/, 'new Date()'],
  [/\b(setTimeout|setInterval|setImmediate)\b/, 'a timer'],
  [/\bAbortSignal\.timeout\b/, 'AbortSignal.timeout'],
  [/\bMath\.random\b/, 'Math.random'],
  [/\brandomUUID\b/, 'randomUUID'],
  [/\bperformance\.now\b/, 'performance.now'],
  [/\bprocess\.env\b/, 'process.env'],
];

/** The places where the outside world is let in. */
const DOORS = new Set(['lib/runtime/lambda-world.ts', 'local/kubernetes/serve.ts', 'local/lambda/sandbox-process.ts']);

test('time, chance and environment come in through the world only', () => {
  const problems = problemsOf((source) => {
    if (DOORS.has(source.path)) return [];
    const code = codeOf(source);
    return FORBIDDEN.filter(([pattern]) => pattern.test(code)).map(([, name]) => `uses ${name}`);
  });
  assert.equal(problems, '');
});

test('no file imports itself in a circle', () => {
  const edges = new Map(sources.map((s) => [s.path, s.imports.filter((i) => i.endsWith('.ts'))]));
  const done = new Set<string>();
  const circleFrom = (path: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of edges.get(path) ?? []) {
      const circle = circleFrom(next, [...trail, path]);
      if (circle !== undefined) return circle;
    }
    done.add(path);
    return undefined;
  };
  const circles = sources.map((s) => circleFrom(s.path, [])).filter((c) => c !== undefined);
  assert.deepEqual(circles, []);
});
