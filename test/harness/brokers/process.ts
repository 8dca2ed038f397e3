import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Component, createComponent } from '#local/up/component.ts';
import { startGuard } from '#local/up/guard.ts';
import { freePort } from '#local/up/ports.ts';

export interface BrokerProcess {
  readonly port: number;
  readonly directory: string;
  /** Sends a signal to the running server. */
  signal(name: NodeJS.Signals): void;
  /** SIGKILL, as a crash; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same directory; kills it first when it runs. */
  restart(): Promise<void>;
  /** Ends it and removes its directory. */
  stop(): Promise<void>;
}

export interface BrokerSpec {
  name: string;
  /** Writes what the server needs into its directory. @returns how to start it */
  prepare(place: { port: number; directory: string }): Promise<{ command: string; args: string[] }>;
  env?: NodeJS.ProcessEnv;
  /** Resolves once the server answers on its port; is called again when it rejects. */
  ready(port: number, signal: AbortSignal): Promise<void>;
}

/** A server of its own, on a free port of 127.0.0.1, in a temporary directory. */
export async function startBroker(spec: BrokerSpec): Promise<BrokerProcess> {
  const directory = await mkdtemp(join(tmpdir(), `catnap-${spec.name}-`));
  const dismissGuard = startGuard({ path: directory, temporary: true });
  const discard = async () => {
    dismissGuard();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const port = await freePort();
    const component = await componentOf(spec, port, directory);
    await component.start();
    return {
      port,
      directory,
      signal(name) {
        if (component.pid !== undefined) process.kill(component.pid, name);
      },
      kill: () => component.kill(),
      async restart() {
        await component.kill();
        await component.start();
      },
      async stop() {
        await component.stop();
        await discard();
      },
    };
  } catch (error) {
    await discard();
    throw error;
  }
}

async function componentOf(spec: BrokerSpec, port: number, directory: string): Promise<Component> {
  return createComponent({
    name: spec.name,
    ...(await spec.prepare({ port, directory })),
    env: { ...process.env, ...spec.env },
    logFile: join(directory, 'log'),
    pidFile: join(directory, 'server.pid'),
    ready: ({ signal }) => spec.ready(port, signal),
    readyTimeoutMs: 20_000,
    stopTimeoutMs: 5_000,
  });
}
