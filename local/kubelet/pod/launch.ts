/** Turns a container's spec into a command line, an environment and a working directory. */
import { join } from 'node:path';
import type { Container, Pod } from 'kubernetes-types/core/v1.js';
import { expandReferences } from '#kube/env/expand.ts';
import type { Sources } from '#kube/env/sources.ts';
import type { PodFacts } from '../env/downward.ts';
import { resolveEnvironment } from '../env/environment.ts';
import { type Mount, resolveMounts, rewriteArgument, rewritePath } from '../env/mounts.ts';
import { parseQuantity } from '../env/quantity.ts';
import type { LocalImage } from '../images.ts';

export interface LaunchContext {
  pod: Pod;
  facts: PodFacts;
  sources: Sources;
  image: LocalImage;
  volumeDirectory(volume: string): string | undefined;
  /** The container's own directory. */
  directory: string;
  /** The PATH that containers get. */
  path: string;
}

export interface Launch {
  argv: string[];
  env: Record<string, string>;
  cwd: string;
  mounts: Mount[];
  terminationLog: string;
  memoryLimitBytes?: number;
}

/** Names of directories in a container's own directory. */
export const containerDirectories = { work: 'work', temporary: 'tmp' } as const;

/** Throws ConfigError when something the container refers to is missing. */
export function planLaunch(container: Container, context: LaunchContext): Launch {
  const { pod, facts, sources, image, directory } = context;
  const variables = resolveEnvironment(container, pod, facts, sources);
  const mounts = resolveMounts(container, context.volumeDirectory, variables);
  const terminationLog = join(directory, 'termination-log');

  const env: Record<string, string> = {
    PATH: context.path,
    ...image.env,
    HOSTNAME: pod.spec?.hostname ?? pod.metadata?.name ?? '',
    TMPDIR: temporaryDirectory(mounts, directory),
  };
  for (const [name, value] of Object.entries(variables)) env[name] = rewritePath(value, mounts);
  // Pods share the host's network: a pod that binds another address would take its neighbours' port.
  env.HOST = facts.podIp;
  env.CATNAP_TERMINATION_LOG = terminationLog;

  const command = container.command?.length ? container.command : image.command;
  const fixed = container.command?.length ? [] : image.command;
  const given = [...(container.command ?? []), ...(container.args ?? [])].map((argument) =>
    rewriteArgument(expandReferences(argument, variables), mounts),
  );
  return {
    argv: command.length > 0 ? [...fixed, ...given] : [],
    env,
    cwd: workingDirectory(container, image, mounts, directory),
    mounts,
    terminationLog,
    memoryLimitBytes: parseQuantity(container.resources?.limits?.memory),
  };
}

function temporaryDirectory(mounts: readonly Mount[], directory: string): string {
  const mounted = rewritePath('/tmp', mounts);
  return mounted === '/tmp' ? join(directory, containerDirectories.temporary) : mounted;
}

function workingDirectory(
  container: Container,
  image: LocalImage,
  mounts: readonly Mount[],
  directory: string,
): string {
  const wanted = container.workingDir || image.workingDir;
  return wanted ? rewritePath(wanted, mounts) : join(directory, containerDirectories.work);
}
