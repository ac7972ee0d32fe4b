// Puts the client of the pages into the package, and its types beside it if a TypeScript compiler is at hand.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const pages = fileURLToPath(new URL('../../static/js/', import.meta.url));
const tsc = fileURLToPath(new URL('../../e2e/node_modules/.bin/tsc', import.meta.url));

rmSync(`${here}src`, { recursive: true, force: true });
mkdirSync(`${here}src`);
for (const file of ['backoff.js', 'client.js', 'places.js', 'pulse.js', 'refusal.js', 'uuid.js']) cpSync(`${pages}${file}`, `${here}src/${file}`);

const made = spawnSync(tsc, ['-p', here], { stdio: 'inherit' });
if (made.status !== 0) {
  console.error('The types could not be made: run `npm ci` in e2e/ first.');
  process.exit(1);
}
