import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../architecture/sources.ts';

/** A page of documentation: its path from the root, and its text. */
export type Document = { readonly path: string; readonly text: string };

export const readDocument = (path: string): Document => ({ path, text: readFileSync(join(ROOT, path), 'utf8') });

/** README.md, AGENTS.md and everything in docs/. */
export const allDocuments = (): readonly Document[] =>
  [
    'README.md',
    'AGENTS.md',
    ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md'))
      .map((path) => join('docs', path)),
  ].map(readDocument);

/** What stands between backticks, outside of code blocks. */
export const codeSpansOf = ({ text }: Document): readonly string[] =>
  [...withoutBlocks(text).matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);

/** Targets of links to other files, without their anchors. */
export const linksOf = ({ text }: Document): readonly string[] =>
  [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));

/** The first cell of each row of the page's tables, without its backticks. */
export const firstCellsOf = ({ text }: Document): readonly string[] =>
  [...text.matchAll(/^\| `([^`]+)`/gm)].map(([, cell = '']) => cell);

export const isInProject = (path: string): boolean => existsSync(join(ROOT, path));

const withoutBlocks = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '');
