/**
 * What a warm pod needs to become a function's. The operator prepares it for each revision and keeps it in
 * Redis, sealed; a gateway hands it to the pod that it claims.
 */
import type { Seal } from './seal.ts';

export interface LaunchSpec {
  /** `namespace/name`. */
  function: string;
  revision: string;
  /**
   * The whole environment that a container of the function would be given, Secrets and ConfigMaps resolved;
   * see environment.ts for the platform's part. `functionDir` is left out: where the files are is the pod's business.
   */
  env: Record<string, string>;
  /** Content by relative path: text, and what is not text in base64. Absent for archives, which the pod fetches. */
  files?: Record<string, string>;
  binaryFiles?: Record<string, string>;
  /** For functions of class isolate. */
  isolate?: IsolateLimits;
}

/** What one function may take of the host that it shares. */
export interface IsolateLimits {
  /** Of the JavaScript heap, and of buffers beside it. */
  memoryMebibytes: number;
  /** Thousandths of a core. Above it, it gets only what others leave. */
  cpuMillis?: number;
  /** Time without calls after which it is let go of. */
  idleSeconds: number;
}

/** Of a function that says nothing of memory. */
export const ISOLATE_MEBIBYTES = 64;

/** Ports of hosts that isolates listen on, the last one included. */
export const isolatePorts = { first: 10_000, last: 19_999 } as const;

/** More than the largest ConfigMap (1 MiB) with as much environment, in base64. */
export const MAX_LAUNCH_SPEC_BYTES = 4 * 2 ** 20;

/**
 * `catnap:launch:DIGEST` holds a sealed launch spec. Its digest is in the Function's status
 * (`status.launch.digest`); it depends on the key, so that nobody can guess the content by it.
 */
export function launchKey(digest: string): string {
  return `catnap:launch:${digest}`;
}

/** 32 hex digits. */
export function launchDigest(seal: Seal, plain: Buffer): string {
  return seal.fingerprint(plain, 'launch spec');
}

/** What a sealed launch spec is bound to. */
export function launchContext(functionKey: string): string {
  return `launch spec of ${functionKey}`;
}
