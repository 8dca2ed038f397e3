/**
 * Triggers, one of each family on its real server: how many events a second go through the gateway to one pod that
 * answers at once, from a source that holds them all when the trigger starts, one to a call and in batches; and how long
 * a single event takes to the function when nothing else happens. Against calls of the same function over HTTP.
 */
import { type Bed, pathOf } from '../bed.ts';
import { runLoad, toResult } from '../load/run.ts';
import type { Options } from '../options.ts';
import { meterControlPlane, meterPart } from '../processes.ts';
import type { Report, Result } from '../report.ts';
import { round } from '../stats.ts';
import { drain } from './triggers/drain.ts';
import type { EventServer, Family } from './triggers/family.ts';
import { kafka } from './triggers/kafka.ts';
import { singleEvents } from './triggers/latency.ts';
import { mqtt } from './triggers/mqtt.ts';
import { nats } from './triggers/nats.ts';
import { postgres } from './triggers/postgres.ts';
import { rabbitmq } from './triggers/rabbitmq.ts';
import { redisStream } from './triggers/redis-stream.ts';
import { sqs } from './triggers/sqs.ts';
import { deploySubject, removeTriggers, type Subject, storeCredentials } from './triggers/subject.ts';

const FAMILIES: readonly Family[] = [kafka, nats, rabbitmq, sqs, mqtt, redisStream, postgres];
const BATCH = { maxEvents: 100 };
/** What a trigger has unless it says otherwise. */
const CONCURRENCY = 10;
const WARMUP_MS = 1_000;
const BASELINE_MS = 4_000;
const PUBLISHED_AT_ONCE = 500;

export async function triggers(
  bed: Bed,
  { class: podClass, count }: Pick<Options, 'class' | 'count'>,
): Promise<Partial<Report>> {
  const subject = await deploySubject(bed, 'triggers', podClass);
  const meter = meterControlPlane(subject.processes);
  const baseline = [await calls(subject, 1), await calls(subject, CONCURRENCY)];
  const results: Result[] = [];
  for (const family of FAMILIES) {
    results.push(...(await measure(subject, { ...family, count: count ?? family.count })));
  }
  return { results, baseline, control_plane: meter() };
}

/** What events become, without their source. */
async function calls({ bed, name, processes }: Subject, connections: number): Promise<Result> {
  const times = { warmupMs: WARMUP_MS, durationMs: BASELINE_MS, answerTimeoutMs: 10_000 };
  const cpu = meterPart(processes, 'gateway');
  const load = await runLoad({ ...bed.gateway, path: pathOf(bed, name), connections, ...times });
  const result = toResult(`calls over HTTP, ${connections} at a time`, load);
  const all = (result.n * (WARMUP_MS + BASELINE_MS)) / BASELINE_MS;
  return { ...result, rps_per_gateway_core: round(all / cpu()) };
}

/** No other family's server runs meanwhile. */
async function measure(subject: Subject, family: Family): Promise<Result[]> {
  const server = await family.start();
  try {
    const one = await drainPlace(subject, family, server, { place: 'one', title: family.type });
    const single = await singleEvents(subject, `${family.type}, one event at a time`, () =>
      server.publish('one', 1),
    );
    const batches = {
      place: 'batches',
      title: `${family.type}, batches of ${BATCH.maxEvents}`,
      batch: BATCH,
    };
    const results = [one, await drainPlace(subject, family, server, batches), single];
    // Before its server ends, which the gateway would miss.
    await removeTriggers(subject);
    return results;
  } finally {
    await server.stop();
  }
}

interface Place {
  place: string;
  title: string;
  batch?: object;
}

/** Fills a place of the server, then has a trigger take all that is in it. */
async function drainPlace(
  subject: Subject,
  { type, count }: Family,
  server: EventServer,
  { place, title, batch }: Place,
): Promise<Result> {
  const source = await server.open(place);
  for (let left = count; left > 0; left -= PUBLISHED_AT_ONCE) {
    await server.publish(place, Math.min(left, PUBLISHED_AT_ONCE));
  }
  const trigger = `${type.toLowerCase()}-${place}`;
  const secret = await storeCredentials(subject.bed, trigger, server.credentials);
  const [result] = await Promise.all([
    drain(subject, { title, trigger, count }),
    subject.setTriggers([{ name: trigger, ...secret, batch, [type]: source }]),
  ]);
  subject.bed.log(`${title}: ${result.rps}/s`);
  return result;
}
