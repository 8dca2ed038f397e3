import type { Environment } from '../settings.ts';
import { environment, type LaunchSpec } from '../wire.ts';

/** Of a warm pod, and no business of the function's. */
const POOL_ONLY = [
  environment.claimKey,
  environment.pool,
  environment.launchDir,
  environment.claimPort,
  environment.announceUrl,
  environment.announceToken,
];

/** What and where the pod is: known before the function was, so the launch spec has no say in it. */
const OF_THE_POD = ['HOST', environment.port, environment.podUid, 'CATNAP_TERMINATION_LOG'];

/**
 * The environment of a function in a warm pod: what its own container would have been given, over what this container
 * was given, without what made it a warm pod.
 *
 * The function can still read this container's first environment in /proc/self/environ, as it can read that of a
 * dedicated one. What stands there beyond its own: the claim key, which is public, and the pool's announcement token.
 * With that it can say that a pod of the pool is where its connection comes from; gateways do not believe it of an
 * address that they know to be this function's.
 */
export function functionEnvironment(
  pod: Environment,
  spec: Pick<LaunchSpec, 'env'>,
  directory: string | undefined,
): Environment {
  const env: Record<string, string | undefined> = { ...pod };
  for (const name of POOL_ONLY) delete env[name];
  Object.assign(env, spec.env);
  for (const name of OF_THE_POD) if (pod[name] !== undefined) env[name] = pod[name];
  if (directory !== undefined) env[environment.functionDir] = directory;
  return env;
}

/** Makes `target`, as a rule `process.env`, hold these variables and no others. */
export function replaceEnvironment(target: NodeJS.ProcessEnv, env: Environment): void {
  for (const name of Object.keys(target)) if (env[name] === undefined) delete target[name];
  for (const [name, value] of Object.entries(env)) if (target[name] !== value) target[name] = value;
}
