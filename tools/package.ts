// Bundles every function to .build/<name>.mjs and .build/<name>.zip, the artifacts that serverless.yml names.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build } from 'esbuild';
import { zipSync } from 'fflate';

const OUT = '.build';
// Equal sources give equal zips, so an unchanged function is not deployed again. Zip knows no time before 1980.
const ZIP_TIME = new Date('1980-01-02T00:00:00Z');
// Bundled CommonJS packages still call require for Node's own modules.
const REQUIRE_BANNER =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

const names = readdirSync('functions').map((file) => basename(file, '.ts'));

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT);
await build({
  entryPoints: names.map((name) => `functions/${name}.ts`),
  outdir: OUT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  sourcemap: 'linked',
  // Readable stack traces are worth more than the few milliseconds that minifying saves.
  minify: false,
  banner: { js: REQUIRE_BANNER },
  logLevel: 'warning',
});

for (const name of names) {
  const files = Object.fromEntries(
    [`${name}.mjs`, `${name}.mjs.map`].map((file) => [file, new Uint8Array(readFileSync(`${OUT}/${file}`))]),
  );
  const zip = zipSync(files, { level: 9, mtime: ZIP_TIME });
  writeFileSync(`${OUT}/${name}.zip`, zip);
  console.log(
    `${name.padEnd(16)} ${(files[`${name}.mjs`]!.length / 1024).toFixed(0).padStart(6)} KiB, zipped ${(zip.length / 1024).toFixed(0).padStart(5)} KiB`,
  );
}
