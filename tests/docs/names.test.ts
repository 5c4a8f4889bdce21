import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Operation } from '../../lib/model/managed-job.ts';
import { ROOT, sourcesBelow } from '../architecture/sources.ts';
import { allDocuments, codeSpansOf, isInProject, linksOf, type Document } from './documents.ts';

const scripts = new Set(
  Object.keys((JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object }).scripts),
);
const sources = sourcesBelow('functions', 'lib', 'events', 'local', 'tests', 'tools');
const code = sources.map(({ text }) => text).join('\n');
const words = new Set(code.match(/\w+/g));
const declares = (text: string, name: string): boolean =>
  new RegExp(`\\b(?:const|function) ${name}\\b|\\bexport \\{[^}]*\\b${name}\\b`).test(text);

const topLevel = readdirSync(ROOT);
/** `lib/model/`, `functions/work.ts`, `serverless.yml`: what begins with something at the root, or ends like a source file. */
const looksLikePath = (span: string): boolean =>
  /^[\w./-]+$/.test(span) && (topLevel.includes(span.split('/')[0]!) || /\/.*\.(ts|ya?ml|json|md)$/.test(span));

const problemsOf = (documents: readonly Document[], find: (document: Document) => readonly string[]): string[] =>
  documents.flatMap((document) => find(document).map((problem) => `${document.path}: ${problem}`));

const documents = allDocuments();
/** The pages that tell the code's own story. */
const told = documents.filter(({ path }) => path === 'docs/architecture.md' || path.startsWith('docs/adr/'));

test('every path that the documentation names exists', () => {
  const missing = problemsOf(documents, (document) =>
    codeSpansOf(document).filter((span) => looksLikePath(span) && !isInProject(span) && !span.startsWith('.')),
  );
  assert.deepEqual(missing, []);
});

test('every link to another file leads somewhere', () => {
  const broken = problemsOf(documents, (document) =>
    linksOf(document).filter((target) => !isInProject(join(dirname(document.path), target))),
  );
  assert.deepEqual(broken, []);
});

test('every function that the documentation names is declared', () => {
  const missing = problemsOf(documents, (document) =>
    codeSpansOf(document)
      .flatMap((span) => /^(\w+)\(\)$/.exec(span)?.[1] ?? [])
      .filter((name) => !declares(code, name)),
  );
  assert.deepEqual(missing, []);
});

test('a function that is named right after a file is declared in that file', () => {
  const wrong = problemsOf(documents, ({ text }) =>
    [...text.matchAll(/`([\w./-]+\.ts)`\s+`(\w+)\(\)`/g)].flatMap(([, path = '', name = '']) => {
      const source = sources.find((s) => s.path === path);
      return source !== undefined && declares(source.text, name) ? [] : [`${path} declares no ${name}`];
    }),
  );
  assert.deepEqual(wrong, []);
});

test('every name in camel case, Pascal case or capitals that the architecture uses is one of the code', () => {
  const unknown = problemsOf(told, (document) =>
    codeSpansOf(document)
      .filter((span) => /^[A-Za-z_]+$/.test(span) && /[a-z][A-Z]|_/.test(span))
      .filter((name) => !words.has(name)),
  );
  assert.deepEqual(unknown, []);
});

test('every field manager and only those stand in the architecture’s table', () => {
  const union = sources.find(({ path }) => path === 'lib/model/group.ts')!.text;
  const managers = [...union.matchAll(/^ {2}\| '(headgate-\w+)'/gm)].map(([, name = '']) => name);
  const { text } = documents.find(({ path }) => path === 'docs/architecture.md')!;
  const listed = [...text.matchAll(/^\| `(headgate-\w+)`/gm)].map(([, name = '']) => name);
  assert.deepEqual(listed.sort(), managers.sort());
});

test('every npm script that the documentation names is there', () => {
  const missing = problemsOf(documents, (document) =>
    codeSpansOf(document)
      .flatMap((span) => [...span.matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, script = '']) => script))
      .filter((script) => !scripts.has(script)),
  );
  assert.deepEqual(missing, []);
});

test('the architecture names every kind of operation', () => {
  const { text } = documents.find(({ path }) => path === 'docs/architecture.md')!;
  const [, kinds = ''] = /kind \(([\w,\s]+)\)/.exec(text) ?? [];
  assert.deepEqual(kinds.split(/,\s+/), Operation.shape.kind.options);
});
