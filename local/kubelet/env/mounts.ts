/**
 * Stands in for a mount namespace, which a plain process does not have: paths below a volume's mountPath
 * become paths in the directory that holds the volume.
 */
import { join, posix } from 'node:path';
import type { Container } from 'kubernetes-types/core/v1.js';
import { ConfigError } from '#kube/env/config-error.ts';
import { expandReferences } from '#kube/env/expand.ts';

export interface Mount {
  mountPath: string;
  hostPath: string;
}

/** Where the container's mounts are on the host, the longest mountPath first. */
export function resolveMounts(
  container: Container,
  volumeDirectory: (volume: string) => string | undefined,
  environment: Readonly<Record<string, string>>,
): Mount[] {
  const mounts = (container.volumeMounts ?? []).map((mount) => {
    const directory = volumeDirectory(mount.name);
    if (directory === undefined) {
      throw new ConfigError(`volumeMounts: volume ${JSON.stringify(mount.name)} does not exist`);
    }
    const subPath = mount.subPathExpr ? expandReferences(mount.subPathExpr, environment) : mount.subPath;
    return {
      mountPath: posix.normalize(mount.mountPath).replace(/(?<=.)\/+$/, ''),
      hostPath: subPath ? join(directory, safeSubPath(subPath)) : directory,
    };
  });
  return mounts.sort((a, b) => b.mountPath.length - a.mountPath.length);
}

function safeSubPath(subPath: string): string {
  if (subPath.startsWith('/') || subPath.split('/').includes('..')) {
    throw new ConfigError(`volumeMounts.subPath ${JSON.stringify(subPath)} must be relative, without '..'`);
  }
  return subPath;
}

/** The host's path for a container path that is a mountPath or below one; anything else stays. */
export function rewritePath(text: string, mounts: readonly Mount[]): string {
  for (const { mountPath, hostPath } of mounts) {
    if (text === mountPath) return hostPath;
    const prefix = mountPath === '/' ? '/' : `${mountPath}/`;
    // Not joined: a trailing slash may be meant to be followed by a name.
    if (text.startsWith(prefix)) return `${hostPath}/${text.slice(prefix.length)}`;
  }
  return text;
}

const FLAG = /^(--?[A-Za-z][\w.-]*=)(\/.*)$/s;

/** As {@link rewritePath}, also for the value of `--flag=/path`. */
export function rewriteArgument(text: string, mounts: readonly Mount[]): string {
  const flag = FLAG.exec(text);
  return flag ? `${flag[1]}${rewritePath(flag[2] as string, mounts)}` : rewritePath(text, mounts);
}
