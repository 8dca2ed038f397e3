/** What of a function decides which warm pods fit it: what cannot be changed in a pod that runs. */
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { hashOf } from '../function/canonical.ts';
import { graceSeconds } from '../function/resources/deployment.ts';
import { containerResources } from '../function/resources/memory.ts';

export interface Shape {
  runtime: 'nodejs26';
  resources: { limits: Record<string, string>; requests: Record<string, string> };
  /** Time that the pods have to end when they are asked to. */
  graceSeconds: number;
}

/** Shorter timeouts need no pods of their own: time to end that is not needed is not taken. */
const LEAST_TIMEOUT_SECONDS = 30;
const NAME_DIGITS = 10;

export function shapeOf(fn: CatnapFunction): Shape {
  const { limits, requests } = containerResources(fn);
  return {
    runtime: fn.spec.runtime ?? 'nodejs26',
    resources: { limits: asText(limits), requests: asText(requests) },
    graceSeconds: graceSeconds(Math.max(LEAST_TIMEOUT_SECONDS, fn.spec.timeoutSeconds)),
  };
}

/** The same for all functions whose pods could be exchanged, in any namespace. */
export function poolName(shape: Shape): string {
  return `${shape.runtime}-${hashOf(shape, NAME_DIGITS)}`;
}

/** `1` and `"1"` are the same quantity. */
function asText(quantities: Record<string, number | string | undefined>): Record<string, string> {
  const given = Object.entries(quantities).filter(([, quantity]) => quantity !== undefined);
  return Object.fromEntries(given.map(([name, quantity]) => [name, String(quantity)]));
}
