import type { EnvVar } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { environment } from '#crds/wire/environment.ts';
import { FUNCTION_PORT } from '#crds/wire/names.ts';

/** Where the code is mounted, read-only. */
export const FUNCTION_DIR = '/function';
const DEFAULT_HANDLER = 'index.handler';

/** The platform's variables first, so that a user's value may refer to them as `$(PORT)`. */
export function containerEnvironment(fn: CatnapFunction, revision: string): EnvVar[] {
  const platform: Record<string, string> = {
    [environment.port]: String(FUNCTION_PORT),
    [environment.functionName]: fn.metadata.name,
    [environment.functionNamespace]: fn.metadata.namespace,
    [environment.revision]: revision,
    [environment.concurrency]: String(fn.spec.scaling.concurrency),
    [environment.timeoutSeconds]: String(fn.spec.timeoutSeconds),
    ...sourceEnvironment(fn),
  };
  return [
    ...Object.entries(platform).map(([name, value]) => ({ name, value })),
    ...((fn.spec.env ?? []) as EnvVar[]),
  ];
}

function sourceEnvironment({ spec }: CatnapFunction): Record<string, string> {
  if (!spec.source) return {};
  const handler = { [environment.handler]: spec.handler ?? DEFAULT_HANDLER };
  const { archive } = spec.source;
  if (!archive) return { ...handler, [environment.functionDir]: FUNCTION_DIR };
  return { ...handler, [environment.archiveUrl]: archive.url, [environment.archiveSha256]: archive.sha256 };
}
