import type { Server } from 'node:http';
import { setLogFunction } from '../log.ts';
import { listen } from '../process/listen.ts';
import type { Environment } from '../settings.ts';
import type { LaunchSpec } from '../wire.ts';
import { createClaimServer } from './claim-server.ts';
import type { Claims } from './claims.ts';
import { functionEnvironment, replaceEnvironment } from './environment.ts';
import type { LaunchDirectory } from './launch-directory.ts';
import type { WarmSettings } from './settings.ts';
import { createVerifier } from './verify.ts';

/** What a warm pod is made of, before and after it has become a function's. */
export interface WarmPod {
  readonly settings: WarmSettings;
  /** The environment that the container was started with. */
  readonly env: Environment;
  readonly launch: LaunchDirectory;
  /** What the function finds itself in: this process, or something that stands in for it. */
  readonly process: Pick<NodeJS.Process, 'env' | 'chdir' | 'on'>;
}

/** Makes this process look like one in the function's own container: files, environment, working directory. */
export function moveIn(spec: LaunchSpec, { env, launch, process }: WarmPod): void {
  setLogFunction(spec.function);
  const directory = launch.writeFiles(spec);
  replaceEnvironment(process.env, functionEnvironment(env, spec, directory));
  if (directory !== undefined) process.chdir(directory);
}

export async function openClaimPort({ settings }: WarmPod, claims: Claims): Promise<Server> {
  const server = createClaimServer(createVerifier(settings.claimKey, settings.podUid), claims);
  await listen(server, settings.host, settings.claimPort);
  return server;
}
