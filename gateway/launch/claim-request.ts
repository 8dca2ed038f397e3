/** One claim, over HTTP: see crds/wire/claim.ts. */
import type { KeyObject } from 'node:crypto';
import { errors } from 'undici';
import { CLAIM_PATH, type ClaimAnswer, claimHeaders, signClaim } from '#crds/wire/claim.ts';
import { CLAIM_PORT } from '#crds/wire/names.ts';
import type { ConnectionOptions } from '#gateway/pods/connections.ts';
import type { Pod } from '#gateway/pods/pod.ts';
import { terminationText } from '#gateway/pods/pod-view.ts';
import { listens } from '#gateway/pods/probe.ts';
import type { PackedSpec } from './launch-specs.ts';

const CONNECT_TIMEOUT_MS = 500;
const CLAIMS: ConnectionOptions = {
  pipelining: 1,
  allowH2: false,
  connectTimeout: CONNECT_TIMEOUT_MS,
  // The runtime gives code 60 s to load, and archives have to be fetched before.
  headersTimeout: 120_000,
  bodyTimeout: CONNECT_TIMEOUT_MS,
  maxResponseSize: 64 * 1024,
  // Only hosts keep a connection open, and a namespace that uses them may not do so every minute.
  keepAliveTimeout: 600_000,
  keepAliveMaxTimeout: 600_000,
  // A host has 512 for all gateways.
  maxIdle: 2,
};

export type ClaimOutcome =
  /** The pod is the function's and listens; `again`: it did before, claimed by another gateway. */
  | {
      readonly kind: 'claimed';
      readonly loadMs: number;
      readonly again: boolean;
      /** Where it listens, on a host that others share. */
      readonly port: number | undefined;
    }
  /** The pod is the function's, and its code does not load. */
  | { readonly kind: 'load_failed'; readonly message: string }
  /** It belongs to somebody else. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'leaving' }
  /** A host has no room for one more function. */
  | { readonly kind: 'full' }
  /** It does not accept the signature or the spec: nothing that another pod would do better. */
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'unreachable'; readonly error: Error };

/** For the log, of a pod that says neither yes nor no. */
export const REFUSES_CLAIMS =
  "does not accept this gateway's claims: operator and gateways must have the same encryption key and version";

export interface ClaimOptions {
  readonly key: KeyObject;
  /** Other than the usual one in tests. */
  readonly port?: number | undefined;
}

/**
 * Sends a claim, and once more when it is not known what became of it: a pod says the same to the same claim.
 * Never rejects.
 */
export async function sendClaim(pod: Pod, spec: PackedSpec, options: ClaimOptions): Promise<ClaimOutcome> {
  const outcome = await sendOnce(pod, spec, options);
  const isUnknown = outcome.kind === 'unreachable' && !(outcome.error instanceof errors.ConnectTimeoutError);
  return isUnknown ? sendOnce(pod, spec, options) : outcome;
}

async function sendOnce(
  pod: Pod,
  spec: PackedSpec,
  { key, port = CLAIM_PORT }: ClaimOptions,
): Promise<ClaimOutcome> {
  const wire = pod.claimWire(port, CLAIMS);
  const client = wire.take();
  const gone = new AbortController();
  const check = client.stats.connected
    ? setTimeout(() => void abortUnlessListening(gone, pod, port), CONNECT_TIMEOUT_MS)
    : undefined;
  try {
    const { statusCode, body } = await client.request({
      method: 'POST',
      path: CLAIM_PATH,
      headers: {
        'content-type': 'application/json',
        [claimHeaders.signature]: signClaim(key, pod.uid, spec.sha256),
      },
      body: spec.body,
      signal: gone.signal,
    });
    const outcome = readOutcome(statusCode, await body.text());
    wire.give(client);
    return outcome;
  } catch (error) {
    client.destroy(null, () => {});
    return { kind: 'unreachable', error: error as Error };
  } finally {
    clearTimeout(check);
  }
}

/** A connection that was kept may lead to a machine that is gone, which TCP notices only after minutes. */
async function abortUnlessListening(
  gone: AbortController,
  { address = '' }: Pod,
  port: number,
): Promise<void> {
  if (!(await listens(address, port, CONNECT_TIMEOUT_MS))) gone.abort();
}

function readOutcome(status: number, text: string): ClaimOutcome {
  switch (status) {
    case 200: {
      const { loadMs, again, port } = parse<ClaimAnswer>(text);
      return { kind: 'claimed', loadMs: Number(loadMs) || 0, again: again === true, port };
    }
    case 409:
      return { kind: 'taken' };
    case 422:
      return { kind: 'load_failed', message: terminationText(text) };
    case 429:
      return { kind: 'full' };
    case 503:
      return { kind: 'leaving' };
    default:
      return { kind: 'refused', status };
  }
}

function parse<T extends object>(text: string): Partial<T> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Partial<T>) : {};
  } catch {
    return {};
  }
}
