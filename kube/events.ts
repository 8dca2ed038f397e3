/**
 * Records events.k8s.io/v1 Events. Recording never blocks and never throws: what cannot be delivered is
 * logged and dropped, since events are for people and everything to act on is in status too.
 */
import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { ObjectReference } from 'kubernetes-types/core/v1.js';
import type { Event } from 'kubernetes-types/events/v1.js';
import type { KubeClient } from './client.ts';
import { type Clock, microTime, sleep, systemClock } from './clock.ts';
import { isKubeError, isNotFound } from './errors.ts';
import { describeError, type Log, silentLog } from './log.ts';
import { events, type KubeObject } from './resource.ts';
import { createTokenBuckets } from './token-buckets.ts';

export interface EventInput {
  type: 'Normal' | 'Warning';
  /** Of a small fixed set, CamelCase. */
  reason: string;
  /** What was done or tried, of a small fixed set. */
  action: string;
  /** A sentence; cut at 1024 characters. */
  note: string;
  related?: ObjectReference;
}

export interface EventRecorder {
  /** `regarding` needs apiVersion, kind and metadata, as objects from the client have. */
  record(regarding: KubeObject, event: EventInput): void;
  /** Delivers what waits, for at most `deadlineMs` (default 2 s), then drops the rest. */
  stop(deadlineMs?: number): Promise<void>;
}

export interface EventRecorderOptions {
  log?: Log;
  clock?: Clock;
  /** Default: the host name. */
  instance?: string;
  /** Repetitions within this time become a series of one Event; default 10 min. */
  seriesMs?: number;
  /** Per object; default 25, then one each 30 s. */
  burst?: number;
  refillMs?: number;
}

interface Series {
  name: string;
  namespace: string;
  count: number;
  lastAt: number;
}

interface Delivery {
  key: string;
  event: Event;
}

const MAX_WAITING = 1_000;
const MAX_SERIES = 4_096;
const MAX_ATTEMPTS = 3;
const MAX_NOTE = 1_024;

export function createEventRecorder(
  client: Pick<KubeClient, 'create' | 'patch'>,
  component: string,
  options: EventRecorderOptions = {},
): EventRecorder {
  const { log = silentLog, clock = systemClock, seriesMs = 600_000 } = options;
  const reporter = {
    reportingController: `catnap.dev/${component}`,
    reportingInstance: (options.instance ?? hostname()).slice(0, 128),
  };
  const buckets = createTokenBuckets({ burst: options.burst ?? 25, refillMs: options.refillMs ?? 30_000 });
  /** In the order of their last use, so that the oldest can be forgotten. */
  const series = new Map<string, Series>();
  const waiting: Delivery[] = [];
  const lifetime = new AbortController();
  let delivering: Promise<void> | undefined;
  let stopping = false;

  const deliverAll = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (lifetime.signal.aborted) return;
      await deliver(next);
    }
  };

  const deliver = async (delivery: Delivery) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await write(delivery);
      } catch (error) {
        const again = isKubeError(error) && error.retryable && attempt < MAX_ATTEMPTS;
        if (again) await sleep(clock, 500 * attempt, lifetime.signal);
        if (again && !lifetime.signal.aborted) continue;
        const { reason } = delivery.event;
        log.warn({ event: reason, ...describeError(error) }, 'event dropped');
        return;
      }
    }
  };

  /** A first occurrence is created; a repetition only updates the series of the Event that is there. */
  const write = async ({ key, event }: Delivery): Promise<void> => {
    const known = series.get(key);
    const at = Date.parse(event.eventTime);
    const { signal } = lifetime;
    if (known !== undefined && at - known.lastAt <= seriesMs) {
      const count = known.count + 1;
      try {
        const body = { series: { count, lastObservedTime: event.eventTime } };
        await client.patch(events, known, body, { type: 'merge', signal });
        remember(key, { ...known, count, lastAt: at });
        return;
      } catch (error) {
        // Events expire on the server; then this is a first occurrence again.
        if (!isNotFound(error)) throw error;
      }
    }
    await client.create(events, event, { signal });
    const { name = '', namespace = '' } = event.metadata ?? {};
    remember(key, { name, namespace, count: 1, lastAt: at });
  };

  const remember = (key: string, entry: Series) => {
    series.delete(key);
    series.set(key, entry);
    for (const oldest of series.keys()) {
      if (series.size <= MAX_SERIES) break;
      series.delete(oldest);
    }
  };

  return {
    record(regarding, input) {
      if (stopping) return;
      const reference = referenceTo(regarding);
      const subject = `${reference.kind}/${reference.namespace ?? ''}/${reference.name}/${reference.uid ?? ''}`;
      if (!buckets.take(subject, clock.monotonic()) || waiting.length >= MAX_WAITING) {
        log.debug({ event: input.reason, regarding: subject }, 'event dropped, too many');
        return;
      }
      const event = toEvent(reference, input, microTime(clock.now()), reporter);
      waiting.push({ key: seriesKey(subject, input), event });
      delivering ??= deliverAll().finally(() => {
        delivering = undefined;
      });
    },
    async stop(deadlineMs = 2_000) {
      stopping = true;
      const cancel = clock.after(deadlineMs, () => lifetime.abort());
      await delivering;
      cancel();
    },
  };
}

function referenceTo(object: KubeObject): ObjectReference {
  const { name, namespace, uid, resourceVersion } = object.metadata ?? {};
  return { apiVersion: object.apiVersion, kind: object.kind, name, namespace, uid, resourceVersion };
}

function seriesKey(subject: string, { type, reason, action, note }: EventInput): string {
  // Notes may be long; the map should not hold them.
  return createHash('sha256').update([subject, type, reason, action, note].join('\0')).digest('base64url');
}

function toEvent(
  regarding: ObjectReference,
  input: EventInput,
  eventTime: string,
  reporter: { reportingController: string; reportingInstance: string },
): Event {
  return {
    metadata: {
      // Unique without asking the server, and no longer than a name may be.
      name: `${(regarding.name ?? 'object').slice(0, 230)}.${randomBytes(8).toString('hex')}`,
      // Events about objects without a namespace live in the default one.
      namespace: regarding.namespace ?? 'default',
    },
    eventTime,
    ...reporter,
    type: input.type,
    reason: input.reason.slice(0, 128),
    action: input.action.slice(0, 128),
    note: input.note.length > MAX_NOTE ? `${input.note.slice(0, MAX_NOTE - 1)}…` : input.note,
    regarding,
    related: input.related,
  };
}
