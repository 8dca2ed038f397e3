/**
 * What the runtime shares with the operator and the gateway. Copies of crds/wire, since an image must not
 * need the rest of the repository; a test compares the two.
 */

export const environment = {
  port: 'PORT',
  handler: 'CATNAP_HANDLER',
  functionDir: 'CATNAP_FUNCTION_DIR',
  archiveUrl: 'CATNAP_ARCHIVE_URL',
  archiveSha256: 'CATNAP_ARCHIVE_SHA256',
  concurrency: 'CATNAP_CONCURRENCY',
  timeoutSeconds: 'CATNAP_TIMEOUT_SECONDS',
  functionName: 'CATNAP_FUNCTION_NAME',
  functionNamespace: 'CATNAP_FUNCTION_NAMESPACE',
  revision: 'CATNAP_REVISION',
  announceUrl: 'CATNAP_ANNOUNCE_URL',
  announceToken: 'CATNAP_ANNOUNCE_TOKEN',
  podUid: 'CATNAP_POD_UID',
  claimKey: 'CATNAP_CLAIM_KEY',
  pool: 'CATNAP_POOL',
  launchDir: 'CATNAP_LAUNCH_DIR',
  claimPort: 'CATNAP_CLAIM_PORT',
  isolates: 'CATNAP_ISOLATES',
  isolateSpares: 'CATNAP_ISOLATE_SPARES',
  isolateMemory: 'CATNAP_ISOLATE_MEMORY',
} as const;

export const ANNOUNCE_PATH = '/announce';
export const announceHeaders = {
  function: 'x-catnap-function',
  podUid: 'x-catnap-pod-uid',
  port: 'x-catnap-port',
} as const;

export const CLAIM_PATH = '/claim';
export const CLAIM_PORT = 8081;
export const claimHeaders = { signature: 'x-catnap-signature' } as const;

/** What the signature of a claim is made over. */
export function claimMessage(podUid: string, bodySha256: string): string {
  return `catnap claim\n${podUid}\n${bodySha256}`;
}

export interface ClaimAnswer {
  loadMs: number;
  port?: number;
  again?: boolean;
}

export const MAX_LAUNCH_SPEC_BYTES = 4 * 2 ** 20;

export interface LaunchSpec {
  function: string;
  revision: string;
  env: Record<string, string>;
  files?: Record<string, string>;
  binaryFiles?: Record<string, string>;
  isolate?: IsolateLimits;
}

export interface IsolateLimits {
  memoryMebibytes: number;
  cpuMillis?: number;
  idleSeconds: number;
}

export const ISOLATE_MEBIBYTES = 64;

/** Ports that isolates listen on, the last one included. */
export const isolatePorts = { first: 10_000, last: 19_999 } as const;

export const exitCodes = { loadFailed: 78, blocked: 124 } as const;

export const headers = {
  requestId: 'x-request-id',
  forwardedPrefix: 'x-forwarded-prefix',
  rejected: 'x-catnap-rejected',
  running: 'x-catnap-running',
  error: 'x-catnap-error',
  invocationId: 'x-catnap-invocation-id',
  attempt: 'x-catnap-attempt',
  function: 'x-catnap-function',
  delay: 'x-catnap-delay',
  at: 'x-catnap-at',
  callback: 'x-catnap-callback',
} as const;

export const PLATFORM_HEADER_PREFIX = 'x-catnap-';

export const rejections = {
  concurrency: 'concurrency',
  draining: 'draining',
  misdirected: 'misdirected',
} as const;
export type Rejection = (typeof rejections)[keyof typeof rejections];

export const FUNCTION_PORT = 8080;

export interface TerminationMessage {
  reason: 'LoadFailed' | 'Blocked';
  message: string;
  file?: string;
  line?: number;
}
