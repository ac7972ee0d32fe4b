// The client as a package: packed as it is published, unpacked elsewhere, used by a program without a page.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENGINES } from '../lib/server.js';
import { PASSWORD, makeAccount } from '../lib/person.js';
import { expect, test } from '../lib/test.js';

const SOURCE = fileURLToPath(new URL('../../clients/js/', import.meta.url));
const TALKER = fileURLToPath(new URL('../lib/talker.mjs', import.meta.url));
const CLOSING = fileURLToPath(new URL('../lib/closing.mjs', import.meta.url));
const BEGINNING = fileURLToPath(new URL('../lib/beginning.mjs', import.meta.url));
const COUNT = 40;

function run(program, args, cwd) {
  const done = spawnSync(program, args, { cwd, encoding: 'utf8' });
  expect(done.status, `${program} ${args.join(' ')}: ${done.stderr}`).toBe(0);
  return done.stdout;
}

test.describe('the package', () => {
  let dir = '';
  test.beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'allthrive-package-'));
    const [packed] = JSON.parse(run('npm', ['pack', '--silent', '--json', '--pack-destination', dir], SOURCE).replace(/^[^[]*/, ''));
    run('tar', ['xzf', packed.filename.replace('@', '').replace('/', '-')], dir);
  });
  test.afterAll(() => rm(dir, { recursive: true, force: true }));

  test('a write waits for another connection while one is closing, and for no mute', () => {
    const env = { PATH: process.env.PATH, PACKAGE: join(dir, 'package') };
    const done = spawnSync('node', ['--no-warnings', CLOSING], { env, encoding: 'utf8', timeout: 10_000 });
    expect(done.stderr).toBe('');
    expect(JSON.parse(done.stdout)).toEqual({ seq: 7, refusal: 'muted' });
  });

  test('a client that is begun twice has one connection and listens once, and leaves nothing behind when it ends', () => {
    const env = { PATH: process.env.PATH, PACKAGE: join(dir, 'package') };
    const done = spawnSync('node', ['--no-warnings', BEGINNING], { env, encoding: 'utf8', timeout: 10_000 });
    expect(done.stderr).toBe('');
    expect(JSON.parse(done.stdout)).toEqual([[1, 3], [1, 0], [2, 3]]);
  });

  for (const engine of ENGINES) {
    test(`a program's writes are carried out once, and heard once in order, over a killed server on ${engine}`, async ({ start, named, request }) => {
      const server = await start(engine);
      await makeAccount(server, request, named('robo'));
      const env = { PATH: process.env.PATH, PACKAGE: join(dir, 'package'), SERVER: server.origin, LOGIN: named('robo'), PASSWORD, COUNT: String(COUNT) };
      const talker = spawn('node', ['--experimental-websocket', '--no-warnings', TALKER], { env });
      const ended = new Promise((resolve) => talker.once('exit', resolve));
      let said = '';
      let wrong = '';
      talker.stderr.on('data', (chunk) => (wrong += chunk));
      const reached = new Promise((resolve) => talker.stdout.on('data', (chunk) => {
        said += chunk;
        if (said.includes(`heard ${COUNT / 4}\n`)) resolve();
      }));
      await Promise.race([reached, ended]);
      await server.kill();
      await server.run();
      expect(await ended, wrong).toBe(0);
      const { heard, seqs, refusal, late } = JSON.parse(said.trimEnd().split('\n').at(-1));
      expect(heard.map(({ body }) => body)).toEqual(Array.from({ length: COUNT }, (_, n) => String(n + 1)));
      expect(heard.map(({ seq }) => seq)).toEqual(seqs);
      expect(seqs.every((seq, n) => n === 0 || seq === seqs[n - 1] + 1), String(seqs)).toBe(true);
      expect(refusal).toBe('not_found');
      expect(late).toBe('connection_lost');
    });
  }
});
