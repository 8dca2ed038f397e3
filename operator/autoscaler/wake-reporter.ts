/** Records an Event when someone else, usually a gateway, gave a sleeping function its first replicas. */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import { fieldManagers, splitKey } from '#crds/wire/names.ts';
import type { KubeClient } from '#kube/client.ts';
import type { EventRecorder } from '#kube/events.ts';
import { describeError, type Log } from '#kube/log.ts';
import { deployments, refOf } from '#kube/resource.ts';
import { byFunction, type Caches, functionKeyOf } from '../caches.ts';
import { liveBorrowed } from '../function/borrowed.ts';
import { ownershipOf } from '../function/resources/owner.ts';
import { scaleOf } from '../function/scale-of.ts';
import { wokenEvent } from './events.ts';

/** Events are for people: when more functions wake at once, the rest go unreported. */
const MAX_WAITING = 256;

export interface WakeReporterOptions {
  client: Pick<KubeClient, 'get'>;
  caches: Pick<Caches, 'functions' | 'deployments' | 'pods'>;
  recorder: EventRecorder;
  isOwnScale: (key: string, replicas: number) => boolean;
  log: Log;
}

interface Wake {
  key: string;
  deployment: Deployment;
  to: number;
}

/** @returns what ends the reporting */
export function reportWakes(options: WakeReporterOptions): () => void {
  const { client, caches, recorder, log } = options;
  const waiting: Wake[] = [];
  let working = false;

  const report = async ({ key, deployment, to }: Wake) => {
    const { namespace, name } = splitKey(key);
    const fn = caches.functions.get(namespace, name);
    if (!fn || ownershipOf(fn, deployment.metadata) !== 'ours') return;
    // It was awake already.
    if (liveBorrowed(fn, caches.pods.byIndex(byFunction, key)).length > 0) return;
    // The cache drops managedFields, which alone say who it was.
    const live = await client.get(deployments, refOf(deployment));
    recorder.record(fn, wokenEvent(to, `by ${lastScaler(live)}`));
  };

  const work = async () => {
    working = true;
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await report(next).catch((error: unknown) => {
        log.debug({ function: next?.key, ...describeError(error) }, 'wake not reported');
      });
    }
    working = false;
  };

  return caches.deployments.onChange(({ current, previous }) => {
    const key = current && functionKeyOf(current);
    const to = scaleOf(current);
    if (!key || !previous || scaleOf(previous) !== 0 || to === 0 || options.isOwnScale(key, to)) return;
    if (waiting.length >= MAX_WAITING) return;
    waiting.push({ key, deployment: current, to });
    if (!working) void work();
  });
}

/** Who last set `spec.replicas`, in words. */
export function lastScaler({ metadata }: Deployment): string {
  const writers = (metadata?.managedFields ?? []).filter(({ fieldsV1 }) => {
    const spec = (fieldsV1 as Record<string, unknown> | undefined)?.['f:spec'];
    return typeof spec === 'object' && spec !== null && 'f:replicas' in spec;
  });
  writers.sort((a, b) => (b.time ?? '').localeCompare(a.time ?? ''));
  const manager = writers[0]?.manager;
  if (manager === fieldManagers.gateway) return 'a gateway, for a call';
  return manager ?? 'someone unknown';
}
