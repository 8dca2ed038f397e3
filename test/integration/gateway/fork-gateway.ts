/** Starts gateways in processes of their own, to be killed. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { withRedis } from './fixture.ts';

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
