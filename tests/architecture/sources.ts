import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** A source file: its path from the root, its text, and what it imports (paths from the root, or package names). */
export type Source = { readonly path: string; readonly text: string; readonly imports: readonly string[] };

const IMPORT = /(?:^|\n)\s*(?:import|export)\s+(?:type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|import\(\s*'([^']+)'\s*\)/g;

/** The root of the project, wherever the tests are started from. */
export const ROOT = join(import.meta.dirname, '../..');

/** All TypeScript sources below the given top-level folders. */
export const sourcesBelow = (...folders: readonly string[]): readonly Source[] =>
  folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => readSource(relative(ROOT, join(entry.parentPath, entry.name)))),
  );

const readSource = (path: string): Source => {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const specifiers = [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? '');
  return { path, text, imports: specifiers.map((s) => (s.startsWith('.') ? join(dirname(path), s) : s)) };
};

/** The text without comments and string contents: what is left is code. */
export const codeOf = (source: Source): string =>
  source.text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|[^:])\/\/.*$/gm, '$1')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''");
