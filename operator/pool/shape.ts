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
  /** Its pods are hosts that many functions share, each in a thread. */
  hosts?: true;
}

/** Shorter timeouts need no pods of their own: time to end that is not needed is not taken. */
const LEAST_TIMEOUT_SECONDS = 30;
const NAME_DIGITS = 10;
const HOSTS = '-hosts';

/** A hundred small functions of 7 to 12 MB, and what the process needs itself. */
const hostResources = { limits: { memory: '1536Mi' }, requests: { cpu: '50m', memory: '128Mi' } };
export function shapeOf(fn: CatnapFunction): Shape {
  const runtime = fn.spec.runtime ?? 'nodejs26';
  const grace = graceSeconds(Math.max(LEAST_TIMEOUT_SECONDS, fn.spec.timeoutSeconds));
  if (fn.spec.class === 'isolate') {
    return { runtime, resources: hostResources, graceSeconds: grace, hosts: true };
  }
  const { limits, requests } = containerResources(fn);
  return {
    runtime,
    resources: { limits: asText(limits), requests: asText(requests) },
    graceSeconds: grace,
  };
}

/** Whether the pods of a pool are hosts; takes its name or its key. */
export function isHostPool(pool: string): boolean {
  return pool.includes(`${HOSTS}-`);
}

/** The same for all functions whose pods could be exchanged, in any namespace. */
export function poolName(shape: Shape): string {
  return `${shape.runtime}${shape.hosts ? HOSTS : ''}-${hashOf(shape, NAME_DIGITS)}`;
}

/** `1` and `"1"` are the same quantity. */
function asText(quantities: Record<string, number | string | undefined>): Record<string, string> {
  const given = Object.entries(quantities).filter(([, quantity]) => quantity !== undefined);
  return Object.fromEntries(given.map(([name, quantity]) => [name, String(quantity)]));
}
