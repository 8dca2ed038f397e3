/**
 * Looks after the triggers of one function.
 *
 * Observes Functions, reads the Secrets that their triggers refer to, and hears what gateways report. Writes
 * `status.triggers`, which nobody else does, and Events.
 */
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { fieldManagers, splitKey } from '#crds/wire/names.ts';
import type { KubeClient } from '#kube/client.ts';
import { isNotFound } from '#kube/errors.ts';
import type { EventRecorder } from '#kube/events.ts';
import type { Log } from '#kube/log.ts';
import { functions } from '#kube/resource.ts';
import type { ReconcileResult } from '#kube/work-queue.ts';
import type { Caches } from '../caches.ts';
import type { Freshest } from '../function/freshest.ts';
import { isPaused } from '../function/status.ts';
import { trimFunction } from '../function/trim.ts';
import { triggerEvents } from './events.ts';
import type { TriggerOffers } from './offers.ts';
import { pauseBeforeWrite } from './pace.ts';
import type { ReportBook } from './report-book.ts';
import { type TriggersStatus, triggersStatus } from './status.ts';

export interface TriggerReconcilerOptions {
  client: Pick<KubeClient, 'apply'>;
  caches: Pick<Caches, 'functions'>;
  /** What was written and not yet seen; shared with whoever else writes the status. */
  written: Freshest<CatnapFunction>;
  offers: Pick<TriggerOffers, 'offer' | 'forget'>;
  reports: Pick<ReportBook, 'hear' | 'restart' | 'forget'>;
  recorder: EventRecorder;
  log: Log;
  /** Wall clock, in milliseconds. */
  now: () => number;
  /** For durations, in milliseconds. */
  monotonic: () => number;
}

/** Whether there is anything to look after. */
export function hasTriggers(fn: CatnapFunction | undefined): boolean {
  return fn !== undefined && (Boolean(fn.spec.triggers?.length) || fn.status?.triggers !== undefined);
}

/** The reconcile function of the work queue; keys are those of functions. */
export function createTriggerReconciler(
  options: TriggerReconcilerOptions,
): (key: string) => Promise<ReconcileResult> {
  const { caches, written, offers, reports, monotonic } = options;
  const writtenAt = new Map<string, number>();

  const forget = (key: string) => {
    offers.forget(key);
    reports.forget(key);
    writtenAt.delete(key);
  };

  return async (key) => {
    const { namespace, name } = splitKey(key);
    const cached = caches.functions.get(namespace, name);
    const fn = cached && written.pick(key, cached);
    if (!fn || !hasTriggers(fn)) {
      forget(key);
      return undefined;
    }
    // While paused nothing changes; of a deleted one everything goes by itself.
    if (fn.metadata.deletionTimestamp || isPaused(fn)) return undefined;
    const before = fn.status?.triggers;
    const { digest, obstacles, againMs } = await offers.offer(fn);
    if (digest !== before?.digest) reports.restart(key);
    const hear = (trigger: string) => reports.hear(key, trigger);
    const after = triggersStatus({ fn, digest, obstacles, hear, nowMs: options.now() });
    const sinceMs = monotonic() - (writtenAt.get(key) ?? -Infinity);
    const pauseMs = pauseBeforeWrite(before, after, sinceMs);
    if (pauseMs === 0) {
      await write(options, fn, after);
      writtenAt.set(key, monotonic());
    }
    const silenceMs = (after?.list ?? [])
      .filter((trigger) => !obstacles.has(trigger.name))
      .map((trigger) => hear(trigger.name).leftMs);
    return { requeueAfterMs: soonest([againMs, pauseMs, ...silenceMs]) };
  };
}

async function write(
  { client, written, recorder, log }: TriggerReconcilerOptions,
  fn: CatnapFunction,
  triggers: TriggersStatus | undefined,
): Promise<void> {
  const { apiVersion, kind, metadata } = fn;
  const { name, namespace, uid } = metadata;
  // The uid makes the write fail for a new Function of the same name, whose status this is not.
  const object = {
    apiVersion,
    kind,
    metadata: { name, namespace, uid },
    status: triggers ? { triggers } : {},
  };
  try {
    const saved = await client.apply(functions, object as CatnapFunction, {
      fieldManager: fieldManagers.triggers,
      subresource: 'status',
    });
    written.note(trimFunction(saved));
  } catch (error) {
    // Deleted meanwhile; the watch will say so.
    if (isNotFound(error)) return;
    throw error;
  }
  log.debug({ function: `${namespace}/${name}`, digest: triggers?.digest }, 'status of triggers written');
  for (const event of triggerEvents(fn.status?.triggers, triggers)) recorder.record(fn, event);
}

/** Of what lies ahead: what is over was dealt with. */
function soonest(times: (number | undefined)[]): number | undefined {
  const ahead = times.filter((time) => time !== undefined && time > 0) as number[];
  return ahead.length > 0 ? Math.min(...ahead) : undefined;
}
