/** What CPU and memory a function's container gets, and how much of it is for JavaScript. */
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { parseQuantity } from '../quantity.ts';

/** Every container has a limit: without one, a single leak takes down the node and all that runs there. */
const DEFAULT_MEMORY_LIMIT = '512Mi';
/** What the scheduler sets aside when nothing is said: what a small function uses, so that many fit. */
const DEFAULT_REQUESTS = { cpu: '10m', memory: '64Mi' } as const;

const MIB = 2 ** 20;
/** Of the process beside the heap: 45 MiB of a Node.js that idles, and buffers. */
const BESIDE_HEAP_BYTES = 64 * MIB;

type Quantities = { cpu?: number | string; memory?: number | string };

/**
 * Limits and requests of the container: the user's, and what Catnap adds. A limit without a request is
 * requested too, as Kubernetes has it; written out, because a request that Kubernetes fills in stays when
 * the limit is lowered, and is then refused.
 */
export function containerResources({ spec }: CatnapFunction): { limits: Quantities; requests: Quantities } {
  const { limits = {}, requests = {} } = spec.resources;
  return {
    limits: { ...limits, memory: limits.memory ?? defaultLimit(requests.memory) },
    requests: { ...DEFAULT_REQUESTS, ...limits, ...requests },
  };
}

/** The most memory that a pod may take, as written, and whether that is the user's word. */
export function memoryLimit(fn: CatnapFunction): { limit: string; isDefault: boolean } {
  return {
    limit: String(containerResources(fn).limits.memory),
    isDefault: fn.spec.resources.limits?.memory === undefined,
  };
}

/**
 * The old-space limit for Node.js, in MiB. By itself, Node.js takes 256 MiB for the least there is and
 * collects garbage too late for a container that has less.
 *
 * @returns undefined when the limit cannot be read
 */
export function heapMebibytes(memoryLimit: number | string | undefined): number | undefined {
  const bytes = parseQuantity(memoryLimit);
  if (bytes === undefined) return undefined;
  const heap = Math.max(bytes / 2, Math.min(bytes * 0.75, bytes - BESIDE_HEAP_BYTES));
  return Math.max(1, Math.floor(heap / MIB));
}

function defaultLimit(request: number | string | undefined): number | string {
  const bytes = parseQuantity(request);
  const least = parseQuantity(DEFAULT_MEMORY_LIMIT) ?? 0;
  return request !== undefined && bytes !== undefined && bytes > least ? request : DEFAULT_MEMORY_LIMIT;
}
