import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** Compares objects with a golden file of YAML documents; `UPDATE_GOLDEN=1` writes it anew, to be read in the diff. */
export const assertGolden = (name: string, documents: readonly unknown[]): void => {
  const path = join(import.meta.dirname, 'golden', name);
  const text = documents
    .map((document) => stringify(document, { lineWidth: 120, aliasDuplicateObjects: false }))
    .join('---\n');
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, text);
  assert.equal(text, readFileSync(path, 'utf8'));
};
