/**
 * What a gateway needs to run the triggers of a function. The operator resolves it, Secrets included, and
 * keeps it in Redis, sealed; gateways have no right to read Secrets.
 */
import type { Seal } from './seal.ts';

export interface TriggerSpec {
  /** Unique in the function. */
  name: string;
  /** Which source: the field of the trigger that is set, for example `kafka`. */
  type: string;
  /** That field, as in the Function. */
  config: unknown;
  /** What the Secret of `secretRef` holds, by key; empty without one. */
  credentials: Record<string, string>;
  /** As in the Function, defaults filled in. */
  batch: { maxEvents: number; maxWaitMilliseconds: number };
  concurrency: number;
}

export interface TriggerSpecs {
  /** `namespace/name`. */
  function: string;
  triggers: TriggerSpec[];
}

/** `catnap:triggers:DIGEST` holds sealed {@link TriggerSpecs}; the digest is in the Function's status. */
export function triggersKey(digest: string): string {
  return `catnap:triggers:${digest}`;
}

/** 32 hex digits; depends on the key, so that nobody can guess the content by it. */
export function triggersDigest(seal: Seal, plain: Buffer): string {
  return seal.fingerprint(plain, 'triggers');
}

/** What sealed trigger specs are bound to. */
export function triggersContext(functionKey: string): string {
  return `triggers of ${functionKey}`;
}
