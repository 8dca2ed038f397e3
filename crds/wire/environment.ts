/** Environment variables that the operator sets on a function container and the runtime reads. */
export const environment = {
  port: 'PORT',
  handler: 'CATNAP_HANDLER',
  /** Directory that holds the code; absent for archives. */
  functionDir: 'CATNAP_FUNCTION_DIR',
  archiveUrl: 'CATNAP_ARCHIVE_URL',
  archiveSha256: 'CATNAP_ARCHIVE_SHA256',
  concurrency: 'CATNAP_CONCURRENCY',
  timeoutSeconds: 'CATNAP_TIMEOUT_SECONDS',
  functionName: 'CATNAP_FUNCTION_NAME',
  functionNamespace: 'CATNAP_FUNCTION_NAMESPACE',
  revision: 'CATNAP_REVISION',
  /** Where the pod announces itself, see announcement.ts; absent where pods do not. */
  announceUrl: 'CATNAP_ANNOUNCE_URL',
  announceToken: 'CATNAP_ANNOUNCE_TOKEN',
  podUid: 'CATNAP_POD_UID',
  /** Of warm pods: who may claim them, see claim.ts. That it is there makes a pod wait for a claim. */
  claimKey: 'CATNAP_CLAIM_KEY',
  /** Of warm pods: `namespace/~pool`, under which they announce themselves until they are claimed. */
  pool: 'CATNAP_POOL',
  /** Of warm pods: a directory in memory for code and launch spec; it outlives the container, not the pod. */
  launchDir: 'CATNAP_LAUNCH_DIR',
  /** Of warm pods: where they take claims, CLAIM_PORT of names.ts unless it is set. */
  claimPort: 'CATNAP_CLAIM_PORT',
  /** On a host of isolates: how many functions it may hold, threads it keeps ready, and its memory in MiB. */
  isolates: 'CATNAP_ISOLATES',
  isolateSpares: 'CATNAP_ISOLATE_SPARES',
  isolateMemory: 'CATNAP_ISOLATE_MEMORY',
} as const;

/** Exit codes of the language runtimes; the termination message holds a {@link TerminationMessage} as JSON. */
export const exitCodes = {
  /** The code does not load (EX_CONFIG of sysexits.h). */
  loadFailed: 78,
  /** A call outlived `timeoutSeconds` while it blocked the event loop (as timeout(1) exits). */
  blocked: 124,
} as const;

/** What a runtime writes to the container's termination message before it gives up, at most 4 KiB. */
export interface TerminationMessage {
  reason: 'LoadFailed' | 'Blocked';
  message: string;
  /** Path within the function's files. */
  file?: string;
  line?: number;
}
