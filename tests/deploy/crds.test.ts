import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { customResourceDefinitions } from '../../tools/custom-resource-definitions.ts';

for (const crd of customResourceDefinitions) {
  test(`deploy/crds/${crd.spec.names.plural}.yaml says what lib/model says (npm run crds writes it)`, () => {
    const written: unknown = parse(readFileSync(`deploy/crds/${crd.spec.names.plural}.yaml`, 'utf8'));
    assert.deepEqual(written, JSON.parse(JSON.stringify(crd)));
  });
}
