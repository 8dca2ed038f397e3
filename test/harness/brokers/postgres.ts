/** A PostgreSQL server of its own: logical replication on, TLS offered, data in a temporary directory. */
import { execFile } from 'node:child_process';
import { chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { generate } from 'selfsigned';
import { type Component, createComponent } from '#local/up/component.ts';
import { startGuard } from '#local/up/guard.ts';
import { freePort } from '#local/up/ports.ts';
import { ensureAptPackages } from '../apt.ts';

const run = promisify(execFile);
const BINARIES = '/usr/lib/postgresql';
const PASSWORD = 'of-the-superuser';
/** Whom PostgreSQL runs as when the test runs as root, which it refuses. */
const USER = 'postgres';

export interface TestPostgres {
  readonly port: number;
  /** PEM; for `localhost` and 127.0.0.1. */
  readonly ca: string;
  /** Runs one statement as the superuser. */
  sql<T extends object>(text: string, values?: unknown[]): Promise<T[]>;
  /** SIGKILL, as a crash; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>;
  /** Ends it and removes its directory. */
  stop(): Promise<void>;
}

/** @param settings lines for postgresql.conf */
export async function startPostgres(settings: readonly string[] = []): Promise<TestPostgres> {
  await ensureAptPackages(['postgresql']);
  const directory = await mkdtemp(join(tmpdir(), 'catnap-postgres-'));
  const port = await freePort();
  const data = join(directory, 'data');
  try {
    const ca = await initialise(directory, data, port, settings);
    const server = createServer(directory, data, port, await binary('postgres'));
    await server.start();
    return testServer({ server, directory, port, ca });
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** A user with what a trigger needs, owner of the schema `shop`. */
export async function createTriggerUser({
  sql,
}: TestPostgres): Promise<{ username: string; password: string }> {
  await sql("CREATE ROLE catnap LOGIN REPLICATION PASSWORD 'secret'");
  await sql('GRANT CREATE ON DATABASE postgres TO catnap');
  await sql('CREATE SCHEMA shop AUTHORIZATION catnap');
  return { username: 'catnap', password: 'secret' };
}

function testServer(of: { server: Component; directory: string; port: number; ca: string }): TestPostgres {
  const { server, directory, port, ca } = of;
  const dismissGuard = startGuard({ path: directory, temporary: true });
  return {
    port,
    ca,
    sql: (text, values) => sql(port, text, values),
    kill: () => server.kill(),
    async start() {
      // Children of a killed server end a moment after it, and hold its memory until then.
      for (let attempts = 20; ; attempts -= 1) {
        try {
          return await server.start();
        } catch (error) {
          if (attempts === 0 || !/shared memory/.test(String(error))) throw error;
          await delay(100);
        }
      }
    },
    async stop() {
      // "Fast": does not wait for clients, as SIGTERM would.
      if (server.pid !== undefined) process.kill(server.pid, 'SIGINT');
      await server.stop();
      dismissGuard();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function initialise(
  directory: string,
  data: string,
  port: number,
  settings: readonly string[],
): Promise<string> {
  const password = join(directory, 'password');
  await writeFile(password, PASSWORD);
  const certificate = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const key = join(directory, 'server.key');
  await writeFile(join(directory, 'server.crt'), certificate.cert);
  await writeFile(key, certificate.private, { mode: 0o600 });
  if (process.getuid?.() === 0) await giveAway([directory, password, key]);
  const args = [
    '-D',
    data,
    '-U',
    USER,
    '--auth=scram-sha-256',
    `--pwfile=${password}`,
    '--no-sync',
    '-E',
    'UTF8',
  ];
  const [command, ...rest] = unprivileged(await binary('initdb'), args);
  await run(command as string, rest, { cwd: directory });
  const lines = [
    `port = ${port}`,
    "listen_addresses = '127.0.0.1'",
    "unix_socket_directories = ''",
    'wal_level = logical',
    // A crash of the process loses nothing; only one of the machine would.
    'fsync = off',
    'ssl = on',
    `ssl_cert_file = '${join(directory, 'server.crt')}'`,
    `ssl_key_file = '${key}'`,
    ...settings,
  ];
  await writeFile(join(data, 'postgresql.conf'), `${lines.join('\n')}\n`);
  return certificate.cert;
}

function createServer(directory: string, data: string, port: number, postgres: string): Component {
  const [command, ...args] = unprivileged(postgres, ['-D', data]);
  return createComponent({
    name: 'postgres',
    command: command as string,
    args,
    env: process.env,
    cwd: directory,
    logFile: join(directory, 'postgres.log'),
    pidFile: join(directory, 'postgres.pid'),
    ready: async ({ signal }) => {
      while (!signal.aborted) {
        const answer = await sql(port, 'SELECT 1').catch(() => undefined);
        if (answer !== undefined) return;
        await delay(20, undefined, { signal });
      }
    },
    readyTimeoutMs: 30_000,
    stopTimeoutMs: 10_000,
  });
}

async function sql<T extends object>(port: number, text: string, values: unknown[] = []): Promise<T[]> {
  const access = { host: '127.0.0.1', port, user: USER, password: PASSWORD, database: 'postgres' };
  const client = new Client({ ...access, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query(text, values)).rows as T[];
  } finally {
    await client.end().catch(() => {});
  }
}

async function binary(name: string): Promise<string> {
  const versions = (await readdir(BINARIES)).map(Number).sort((a, b) => b - a);
  return join(BINARIES, String(versions[0]), 'bin', name);
}

function unprivileged(command: string, args: string[]): string[] {
  const drop = ['setpriv', '--reuid', USER, '--regid', USER, '--clear-groups'];
  return [...(process.getuid?.() === 0 ? drop : []), command, ...args];
}

async function giveAway(paths: string[]): Promise<void> {
  const id = async (option: string) => Number((await run('id', [option, USER])).stdout);
  const [user, group] = [await id('-u'), await id('-g')];
  for (const path of paths) await chown(path, user, group);
}
