/** Which functions warm pods can run, and why the others have pods of their own only. Pure. */
import type { FunctionSpec } from '#crds/function/types.ts';

/**
 * Variables that only count when the process starts, and a warm pod's has: those of Node.js itself and of what
 * it is built on (libuv, OpenSSL, ICU, the C library and its loader).
 */
const readAtStart = new Set([
  'NODE_COMPILE_CACHE',
  'NODE_DEBUG',
  'NODE_DEBUG_NATIVE',
  'NODE_DISABLE_COMPILE_CACHE',
  'NODE_EXTRA_CA_CERTS',
  'NODE_ICU_DATA',
  'NODE_NO_WARNINGS',
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_PENDING_DEPRECATION',
  'NODE_PRESERVE_SYMLINKS',
  'NODE_REDIRECT_WARNINGS',
  'NODE_USE_ENV_PROXY',
  'NODE_USE_SYSTEM_CA',
  'NODE_V8_COVERAGE',
  'UV_THREADPOOL_SIZE',
  'UV_USE_IO_URING',
  'OPENSSL_CONF',
  'OPENSSL_MODULES',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
  'LANG',
  'LC_ALL',
  'LC_MESSAGES',
  'GLIBC_TUNABLES',
  'LD_LIBRARY_PATH',
  'LD_PRELOAD',
  'MALLOC_ARENA_MAX',
]);

/** What `$(…)` stands for in a container of the function's own, and nowhere else. */
const OF_THE_CONTAINER = /\$\((CATNAP_FUNCTION_DIR|CATNAP_POD_UID|KUBERNETES_[A-Z0-9_]+)\)/;

/** Why no warm pod can run the function, as far as its spec tells; undefined when one can. */
export function whyDedicated({ class: kind, source, env = [] }: FunctionSpec): string | undefined {
  if (!source) return 'it has an image of its own';
  if (kind === 'dedicated') return 'spec.class is dedicated';
  const variable = env.find(({ name }) => readAtStart.has(name));
  if (variable) return startVariable(variable.name);
  const reference = env.map(({ value }) => OF_THE_CONTAINER.exec(value ?? '')?.[0]).find(Boolean);
  return reference && `${reference} in spec.env stands for something of its own containers`;
}

/**
 * Why not, as far as its resolved environment tells: `spec.envFrom` may bring any variable.
 *
 * @param platform the variables that warm pods have been started with
 */
export function whyDedicatedByEnvironment(
  environment: Readonly<Record<string, string>>,
  platform: Readonly<Record<string, string>>,
): string | undefined {
  const name = Object.keys(environment).find(
    (candidate) => readAtStart.has(candidate) && environment[candidate] !== platform[candidate],
  );
  return name && startVariable(name);
}

function startVariable(name: string): string {
  return `${name} counts only when a process starts`;
}
