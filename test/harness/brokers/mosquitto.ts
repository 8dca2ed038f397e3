import { execFile } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '../wait-for.ts';
import { accepts, answers } from './answers.ts';
import { type BrokerProcess, startBroker } from './process.ts';
import { ensureServer } from './program.ts';

export const mosquittoUser = { username: 'shop', password: 'right' };

/** A CONNECT of MQTT 3.1.1 without credentials; the refusal shows that the broker listens. */
const GREETING = '\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04ping';
const CONNACK = '\x20';

export interface MosquittoOptions {
  /** Makes the broker speak TLS. */
  certificate?: { cert: string; key: string };
  /** Further lines of its configuration. */
  settings?: readonly string[];
}

export interface TestMosquitto extends BrokerProcess {
  /** Kills it once it has written its file, which it does on demand only. */
  crash(): Promise<void>;
}

/** Mosquitto with one user. On SIGUSR1 it writes what it keeps to `mosquitto.db` in its directory. */
export async function startMosquitto({
  certificate,
  settings = [],
}: MosquittoOptions = {}): Promise<TestMosquitto> {
  const command = await ensureServer('mosquitto');
  const broker = await startBroker({
    name: 'mosquitto',
    async prepare({ port, directory }) {
      const passwords = join(directory, 'passwords');
      const { username, password } = mosquittoUser;
      await promisify(execFile)('mosquitto_passwd', ['-c', '-b', passwords, username, password]);
      const file = join(directory, 'mosquitto.conf');
      const lines = [
        `listener ${port} 127.0.0.1`,
        'allow_anonymous false',
        `password_file ${passwords}`,
        'persistence true',
        `persistence_location ${directory}/`,
        ...settings,
        // As root it would become a user that may not read the directory.
        ...(process.getuid?.() === 0 ? ['user root'] : []),
        ...(certificate ? [`certfile ${directory}/tls.crt`, `keyfile ${directory}/tls.key`] : []),
      ];
      if (certificate) {
        await writeFile(join(directory, 'tls.crt'), certificate.cert);
        await writeFile(join(directory, 'tls.key'), certificate.key);
      }
      await writeFile(file, lines.join('\n'));
      return { command, args: ['-c', file] };
    },
    ready: (port, signal) => (certificate ? accepts(port, signal) : answers(port, GREETING, CONNACK, signal)),
  });
  return {
    ...broker,
    async crash() {
      // Each time a new file takes the place of the one before.
      const written = () => stat(join(broker.directory, 'mosquitto.db')).catch(() => undefined);
      const before = await written();
      broker.signal('SIGUSR1');
      await waitFor(async () => (await written())?.ino !== before?.ino, {
        timeoutMs: 5_000,
        describe: 'the broker to have written its file',
      });
      await broker.kill();
    },
  };
}
