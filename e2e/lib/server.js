// A server of the test's own: the built binary on a free port, with its own data and mail.

import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, watch } from 'node:fs';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BINARY = process.env.ALLTHRIVE_BIN ?? new URL('../../target/debug/allthrive', import.meta.url).pathname;

/** Everybody here comes from one address, far more often than people do. */
const GENEROUS = {
  ALLTHRIVE__SERVER__FIRST_ROOM: '',
  ALLTHRIVE__LIMITS__SIGN_IN_PER_MINUTE: '1000',
  ALLTHRIVE__LIMITS__SIGN_IN_PER_HOUR: '1000',
  ALLTHRIVE__LIMITS__SIGN_UP_PER_HOUR: '1000',
  ALLTHRIVE__LIMITS__MAIL_PER_HOUR: '1000',
  ALLTHRIVE__LIMITS__SENDS_PER_SECOND: '1000',
  ALLTHRIVE__LIMITS__SEND_BURST: '1000',
  ALLTHRIVE__LIMITS__HISTORY_PER_SECOND: '1000',
  ALLTHRIVE__LIMITS__SUBSCRIBES_PER_SECOND: '1000',
  ALLTHRIVE__LIMITS__COMMANDS_PER_SECOND: '1000',
  ALLTHRIVE__LIMITS__CONNECTIONS_PER_ACCOUNT: '1000',
  ALLTHRIVE__LIMITS__CONNECTIONS_PER_ADDRESS: '1000',
};

/** On which engines a story can be told here. */
export const ENGINES = process.env.TEST_DATABASE_URL ? ['sqlite', 'postgres'] : ['sqlite'];

export class Server {
  /**
   * Starts one, on the embedded database or on Postgres (a database of its own in TEST_DATABASE_URL).
   * @param {'sqlite' | 'postgres'} [engine]
   * @param {Record<string, string>} [settings]
   */
  static async start(engine = 'sqlite', settings = {}) {
    const server = new Server();
    server.dir = await mkdtemp(join(tmpdir(), 'allthrive-e2e-'));
    server.settings = { ...GENEROUS, ...settings };
    server.listen = '127.0.0.1:0';
    if (engine === 'postgres') server.database = new Database();
    await server.run();
    return server;
  }

  /** Starts one with the people and the talk of `allthrive seed-demo`; `password` is what all of them have. */
  static async demo() {
    const server = new Server();
    server.dir = await mkdtemp(join(tmpdir(), 'allthrive-e2e-'));
    server.settings = { ...GENEROUS };
    server.listen = '127.0.0.1:0';
    const { PATH, HOME, LANG } = process.env;
    const made = spawnSync(BINARY, ['seed-demo'], { cwd: server.dir, env: { PATH, HOME, LANG, ALLTHRIVE__SERVER__DATA_DIR: join(server.dir, 'data') }, encoding: 'utf8' });
    const password = /password of each is (\S+)/.exec(made.stdout)?.[1];
    if (!password) throw new Error(`seed-demo ended with ${made.status}:\n${made.stdout}${made.stderr}`);
    server.password = password;
    await server.run();
    return server;
  }

  /** Starts the process and waits until it has said where it is. */
  async run() {
    const { PATH, HOME, LANG } = process.env;
    this.said = '';
    this.process = spawn(BINARY, [], {
      cwd: this.dir,
      env: {
        PATH, HOME, LANG,
        ...this.settings,
        ALLTHRIVE__SERVER__LISTEN: this.listen,
        ALLTHRIVE__SERVER__DATA_DIR: join(this.dir, 'data'),
        ...(this.database ? { DATABASE_URL: this.database.url } : {}),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.origin = await new Promise((resolve, reject) => {
      const hear = (chunk) => {
        this.said += chunk;
        const found = /AllThrive is at (http:\/\/\S+?)\/?\s/.exec(this.said);
        if (found) resolve(found[1]);
      };
      this.process.stdout.on('data', hear);
      this.process.stderr.on('data', hear);
      this.process.once('error', reject);
      this.process.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${this.said}`)));
    });
    this.listen = new URL(this.origin).host.replace('localhost', '127.0.0.1');
  }

  /** Ends it as a power cut would, mid-sentence. */
  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  /** Ends it as a service manager would. */
  async stop() {
    this.process.kill('SIGTERM');
    await this.ended;
  }

  /** Ends it and takes its files away. */
  async dispose() {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
    this.database?.drop();
  }

  /** The newest link that was mailed to this address, waited for. @param {string} address */
  async mailedLink(address) {
    const mail = join(this.dir, 'data', 'mail');
    const changes = watch(mail);
    try {
      for (;;) {
        const changed = once(changes, 'change');
        const names = (await readdir(mail)).filter((name) => /^[^.].*\.eml$/.test(name)).sort();
        for (const name of names.reverse()) {
          const text = await readFile(join(mail, name), 'utf8');
          const link = /^http\S+\/verify#token=\S+$/m.exec(text)?.[0];
          if (link && text.includes(`To: ${address}\n`)) return link;
        }
        await changed;
      }
    } finally {
      changes.close();
    }
  }
}

/** One database in the Postgres that TEST_DATABASE_URL names. */
class Database {
  constructor() {
    const url = new URL(process.env.TEST_DATABASE_URL ?? '');
    this.name = `allthrive_e2e_${randomBytes(6).toString('hex')}`;
    this.#psql(`CREATE DATABASE ${this.name}`);
    url.pathname = `/${this.name}`;
    this.url = url.href;
  }

  drop() {
    this.#psql(`DROP DATABASE ${this.name} WITH (FORCE)`);
  }

  #psql(statement) {
    const done = spawnSync(psql(), ['-qX', '-v', 'ON_ERROR_STOP=1', '-c', statement, process.env.TEST_DATABASE_URL ?? ''], { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`psql: ${done.error ?? done.stderr}`);
  }
}

/** Debian keeps it out of the path where there is a server and no client package. */
function psql() {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, 'bin', 'psql')).find(existsSync) ?? 'psql';
}
