// Writes what deploy/ takes from the code: the CRDs from lib/model, the tenant roles from lib/tenant. `npm run generate`;
// a test holds both equal.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generatedFiles } from './generated-files.ts';

for (const [path, text] of Object.entries(generatedFiles())) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
