import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createTestAuthority, type KeyPair } from '#kube/testing/certificates.ts';
import { type Component, createComponent } from '#local/up/component.ts';
import { startGuard } from '#local/up/guard.ts';
import { exchange, freePort } from '#local/up/ports.ts';
import { ensureAptPackages } from '#test/harness/apt.ts';

const APT_PACKAGES = ['rabbitmq-server'];
/** Debian's rabbitmq-server on the PATH changes to a user of the package; this one runs as who calls it. */
const LIB = '/usr/lib/rabbitmq/lib';

const username = 'catnap';
const password = 'rabbit-secret';

export interface TestRabbitmq {
  /** Host and port. */
  readonly plain: string;
  readonly secure: string;
  /** `ca.crt` is of the secure listener. */
  readonly credentials: { username: string; password: string; 'ca.crt': string };
  /** SIGKILL, as a crash; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same ports with the same data. */
  start(): Promise<void>;
  /** Ends it with its epmd and removes its directory. */
  stop(): Promise<void>;
}

/** A RabbitMQ node of its own on free ports of 127.0.0.1, with an epmd of its own and its data in a temporary directory. */
export async function startRabbitmq(): Promise<TestRabbitmq> {
  const script = await serverScript();
  const directory = await mkdtemp(join(tmpdir(), 'catnap-rabbitmq-'));
  const dismissGuard = startGuard({ path: directory, temporary: true });
  const [plainPort, securePort] = [await freePort(), await freePort()];
  const [nodePort, epmdPort] = [await freePort(), await freePort()];
  const env = environment(directory, { nodePort, epmdPort });
  const epmd = createEpmd(directory, env, epmdPort);
  const node = createNode(directory, env, script);
  const stop = async () => {
    await node.stop();
    await epmd.stop();
    dismissGuard();
    await rm(directory, { recursive: true, force: true });
  };
  const authority = await createTestAuthority();
  try {
    const server = await authority.serverPair();
    await configure(directory, { plainPort, securePort, server, ca: authority.cert });
    await epmd.start();
    await node.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    plain: `127.0.0.1:${plainPort}`,
    secure: `127.0.0.1:${securePort}`,
    credentials: { username, password, 'ca.crt': authority.cert },
    kill: () => node.kill(),
    start: () => node.start(),
    stop,
  };
}

async function serverScript(): Promise<string> {
  const find = () => {
    const versions = existsSync(LIB) ? readdirSync(LIB) : [];
    return versions.map((version) => join(LIB, version, 'sbin/rabbitmq-server')).find(existsSync);
  };
  if (!find()) await ensureAptPackages(APT_PACKAGES);
  const script = find();
  if (!script) throw new Error(`There is no rabbitmq-server in ${LIB}, where Debian's package has it.`);
  return script;
}

function environment(
  directory: string,
  { nodePort, epmdPort }: { nodePort: number; epmdPort: number },
): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    // For the cookie.
    HOME: directory,
    RABBITMQ_NODENAME: 'catnap@localhost',
    RABBITMQ_MNESIA_BASE: join(directory, 'data'),
    RABBITMQ_LOG_BASE: join(directory, 'log'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(directory, 'none.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'enabled_plugins'),
    RABBITMQ_CONF_ENV_FILE: join(directory, 'none'),
    RABBITMQ_DIST_PORT: String(nodePort),
    // Few schedulers, and none that spins: it shares the machine with what it is tested with.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 2:2 +sbwt none',
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // The script becomes the server instead of starting it as a child, so that signals reach it.
    detached: 'yes',
  };
}

/** Started by us, so that RabbitMQ does not start one that outlives it. */
function createEpmd(directory: string, env: NodeJS.ProcessEnv, port: number): Component {
  return createComponent({
    name: 'epmd',
    command: 'epmd',
    args: ['-port', String(port)],
    env,
    logFile: join(directory, 'epmd.log'),
    pidFile: join(directory, 'epmd.pid'),
    ready: async ({ signal }) => {
      // Length 1, and the request for all names.
      const names = '\u0000\u0001n';
      while (!(await exchange(port, names, 500).catch(() => ''))) await delay(20, undefined, { signal });
    },
    readyTimeoutMs: 10_000,
    stopTimeoutMs: 2_000,
  });
}

function createNode(directory: string, env: NodeJS.ProcessEnv, script: string): Component {
  return createComponent({
    name: 'rabbitmq',
    command: script,
    args: [],
    env,
    cwd: directory,
    logFile: join(directory, 'rabbitmq.log'),
    pidFile: join(directory, 'rabbitmq.pid'),
    ready: async ({ lines }) => {
      await lines.find((line) => line.includes('Server startup complete') || undefined);
    },
    readyTimeoutMs: 60_000,
    stopTimeoutMs: 5_000,
  });
}

interface Settings {
  plainPort: number;
  securePort: number;
  server: KeyPair;
  ca: string;
}

async function configure(directory: string, { plainPort, securePort, server, ca }: Settings): Promise<void> {
  const files = {
    'ca.pem': ca,
    'cert.pem': server.cert,
    'key.pem': server.key,
    enabled_plugins: '[].\n',
    'rabbitmq.conf': `
      listeners.tcp.1 = 127.0.0.1:${plainPort}
      listeners.ssl.1 = 127.0.0.1:${securePort}
      ssl_options.cacertfile = ${join(directory, 'ca.pem')}
      ssl_options.certfile = ${join(directory, 'cert.pem')}
      ssl_options.keyfile = ${join(directory, 'key.pem')}
      default_user = ${username}
      default_pass = ${password}
      disk_free_limit.absolute = 10MB
      log.console = true
      log.console.level = info
    `.replaceAll(/^ +/gm, ''),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
}
