/** Starts gateways in processes of their own, to be killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type SpecOverrides, withRedis } from './fixture.ts';

/** A function and the addresses of its pods: all that a gateway is told of. */
export interface Knowledge {
  readonly name: string;
  readonly spec?: SpecOverrides;
  readonly podPort: number;
  readonly addresses: readonly string[];
}

/** A gateway that knows so much; resolves when it listens. */
export async function forkKnowing(
  knowledge: Knowledge,
  redisUrl: string,
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const script = new URL('./gateway-process.ts', import.meta.url);
  const child = forkGateway(script, [JSON.stringify(knowledge)], redisUrl);
  const [port] = (await once(child, 'message')) as [number];
  return { child, port };
}

/**
 * @param script what the process runs: a file that starts a gateway with the environment as its settings
 * @param more settings beside Redis and free ports
 */
export function forkGateway(
  script: URL,
  args: readonly string[],
  redisUrl: string,
  more: Record<string, string> = {},
): ChildProcess {
  const env = {
    ...process.env,
    ...withRedis(redisUrl),
    CATNAP_GATEWAY_HOST: '127.0.0.1',
    CATNAP_GATEWAY_PORT: '0',
    CATNAP_CONTROL_PORT: '0',
    CATNAP_ANNOUNCE_PORT: '0',
    ...more,
  };
  return fork(fileURLToPath(script), args, { env });
}
