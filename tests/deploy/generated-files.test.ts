import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generatedFiles } from '../../tools/generated-files.ts';

for (const [path, text] of Object.entries(generatedFiles())) {
  test(`${path} says what the code says (npm run generate writes it)`, () => {
    assert.equal(readFileSync(join(import.meta.dirname, '../..', path), 'utf8'), text);
  });
}
