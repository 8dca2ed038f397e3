/** One claim, over HTTP: see crds/wire/claim.ts. */
import type { KeyObject } from 'node:crypto';
import { Client } from 'undici';
import { CLAIM_PATH, type ClaimAnswer, claimHeaders, signClaim } from '#crds/wire/claim.ts';
import { CLAIM_PORT } from '#crds/wire/names.ts';
import type { Pod } from '#gateway/pods/pod.ts';
import { terminationText } from '#gateway/pods/pod-view.ts';
import type { PackedSpec } from './launch-specs.ts';

/** The runtime gives code 60 s to load, and archives have to be fetched before. */
const ANSWER_TIMEOUT_MS = 120_000;
const CONNECT_TIMEOUT_MS = 500;
const MAX_ANSWER_BYTES = 64 * 1024;

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

export interface ClaimTarget {
  readonly address: string;
  readonly port: number;
  readonly podUid: string;
}

/** @param port other than the usual one in tests */
export function claimTarget({ address = '', uid }: Pod, port = CLAIM_PORT): ClaimTarget {
  return { address, port, podUid: uid };
}

/** For the log, of a pod that says neither yes nor no. */
export const REFUSES_CLAIMS =
  "does not accept this gateway's claims: operator and gateways must have the same encryption key and version";

/** Sends a claim; never rejects. */
export async function sendClaim(
  target: ClaimTarget,
  spec: PackedSpec,
  key: KeyObject,
): Promise<ClaimOutcome> {
  const host = target.address.includes(':') ? `[${target.address}]` : target.address;
  const client = new Client(`http://${host}:${target.port}`, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: CONNECT_TIMEOUT_MS,
    maxResponseSize: MAX_ANSWER_BYTES,
    allowH2: false,
  });
  try {
    const { statusCode, body } = await client.request({
      method: 'POST',
      path: CLAIM_PATH,
      headers: {
        'content-type': 'application/json',
        [claimHeaders.signature]: signClaim(key, target.podUid, spec.sha256),
      },
      body: spec.body,
    });
    return readOutcome(statusCode, await body.text());
  } catch (error) {
    return { kind: 'unreachable', error: error as Error };
  } finally {
    void client.destroy().catch(() => {});
  }
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
