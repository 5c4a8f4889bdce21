// Writes deploy/crds/*.yaml from the zod schemas of lib/model, the one source. `npm run crds`; a test holds them equal.
import { mkdirSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { customResourceDefinitions } from './custom-resource-definitions.ts';

mkdirSync('deploy/crds', { recursive: true });
for (const crd of customResourceDefinitions) {
  writeFileSync(
    `deploy/crds/${crd.spec.names.plural}.yaml`,
    stringify(crd, { lineWidth: 140, aliasDuplicateObjects: false }),
  );
}
