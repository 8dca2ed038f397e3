import { environment, FUNCTION_PORT } from './wire.ts';

export interface Settings {
  /** Address to listen on; undefined means every address, IPv6 and IPv4. */
  readonly host: string | undefined;
  readonly port: number;
  readonly handler: string;
  readonly source: { readonly directory: string } | { readonly archiveUrl: string; readonly sha256: string };
  /** Calls that may run at the same time. */
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly functionName: string;
  readonly namespace: string;
  readonly revision: string;
  /** How the pod tells the gateways that it listens; undefined where it does not. */
  readonly announce: AnnounceSettings | undefined;
}

export interface AnnounceSettings {
  readonly url: string;
  readonly token: string;
  readonly podUid: string;
  /** `namespace/name`, or `namespace/~pool` of a pod that no function has claimed. */
  readonly functionKey: string;
}

/** Thrown with every fault found in the environment, not just the first. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings that the platform puts into the environment.
 * @throws SettingsError naming each variable that is wrong, what it holds and what it may hold.
 */
export function readSettings(env: Environment): Settings {
  const faults: string[] = [];
  const functionName = env[environment.functionName] || 'function';
  const namespace = env[environment.functionNamespace] || 'default';
  const settings: Settings = {
    host: env.HOST || undefined,
    port: portNumber(env, environment.port, FUNCTION_PORT, faults),
    handler: handler(env, faults),
    source: source(env, faults),
    concurrency: integer(env, environment.concurrency, { fallback: 10, min: 1, max: 1000 }, faults),
    timeoutMs: integer(env, environment.timeoutSeconds, { fallback: 30, min: 1, max: 3600 }, faults) * 1000,
    functionName,
    namespace,
    revision: env[environment.revision] ?? '',
    announce: announceSettings(env, `${namespace}/${functionName}`),
  };
  if (faults.length > 0) throw new SettingsError(faults.join('; '));
  return Object.freeze(settings);
}

/** Faults in these are no reason not to serve: Kubernetes tells the gateways as well, only later. */
export function announceSettings(env: Environment, functionKey: string): AnnounceSettings | undefined {
  const { announceUrl, announceToken, podUid } = environment;
  const [url, token, uid] = [env[announceUrl], env[announceToken], env[podUid]];
  return url && token && uid ? { url, token, podUid: uid, functionKey } : undefined;
}

interface Bounds {
  fallback: number;
  min: number;
  max: number;
}

export function portNumber(env: Environment, name: string, fallback: number, faults: string[]): number {
  return integer(env, name, { fallback, min: 0, max: 65_535 }, faults);
}

function integer(env: Environment, name: string, bounds: Bounds, faults: string[]): number {
  const text = env[name];
  if (text === undefined || text === '') return bounds.fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= bounds.min && value <= bounds.max) return value;
  faults.push(
    `${name} is ${JSON.stringify(text)}; it must be an integer from ${bounds.min} to ${bounds.max}`,
  );
  return bounds.fallback;
}

const HANDLER = /^[A-Za-z0-9_@][A-Za-z0-9._@/-]*\.[A-Za-z_$][A-Za-z0-9_$]*$/;

function handler(env: Environment, faults: string[]): string {
  const text = env[environment.handler] || 'index.handler';
  if (HANDLER.test(text) && !text.split('/').includes('..')) return text;
  faults.push(
    `${environment.handler} is ${JSON.stringify(text)}; it must be FILE.EXPORT, for example index.handler`,
  );
  return text;
}

function source(env: Environment, faults: string[]): Settings['source'] {
  const archiveUrl = env[environment.archiveUrl];
  if (!archiveUrl) return { directory: env[environment.functionDir] || '/function' };
  const sha256 = env[environment.archiveSha256] ?? '';
  // The value itself stays out of the message: such URLs often carry a signature.
  if (!/^https?:\/\//.test(archiveUrl)) {
    faults.push(`${environment.archiveUrl} must start with http:// or https://`);
  }
  if (!/^[a-f0-9]{64}$/.test(sha256)) {
    faults.push(
      `${environment.archiveSha256} must be 64 lower-case hex digits when ${environment.archiveUrl} is set`,
    );
  }
  return { archiveUrl, sha256 };
}
