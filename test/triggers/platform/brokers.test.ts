/** Over a whole platform: every broker wakes a function that sleeps, and nothing is lost when parts are killed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killPart } from '#test/e2e/support/parts.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Bed, openBed } from './bed.ts';
import { type Broker, EVENTS, MIDDLE } from './broker.ts';
import { kubernetes, postgres } from './changes.ts';
import { mqtt, rabbitmq, sqs } from './queues.ts';
import { eventIds } from './sink.ts';
import { kafka, nats, redisStream } from './streams.ts';

/** Those that take longest to start first. */
const brokers = [kafka, rabbitmq, postgres, nats, mqtt, sqs, redisStream, kubernetes];
const processes = brokers.filter((broker) => broker !== kubernetes);

/** The functions of those that deliver so. */
const atLeastOnce = (of: Broker[]) =>
  of
    .flatMap(({ functions }) => Object.entries(functions))
    .flatMap(([name, again]) => (again === undefined ? [] : [{ name, again }]));

let bed: Bed;

// What is not there yet is installed.
beforeAll(async () => {
  bed = await openBed(brokers);
}, 600_000);
afterAll(() => bed?.stop());

describe('an event wakes a function that sleeps', { timeout: 120_000 }, () => {
  it.each(brokers.flatMap(({ functions }) => Object.keys(functions)))('%s', async (name) => {
    const { space, sink, publish } = bed;
    await space.untilConnected(name);
    await space.untilAsleep(name);
    expect(sink.finished(name)).toEqual([]);
    const ids = eventIds('wake', 1);
    await publish(name, ids);
    await waitFor(async () => (await space.pods(name)).length === 1, {
      timeoutMs: 10_000,
      describe: `a pod of ${name}`,
    });
    await waitFor(() => sink.finished(name).length > 0, { timeoutMs: 10_000, describe: 'the event' });
    expect(sink.finished(name)).toEqual(ids);
  });
});

interface Disaster {
  batch: string;
  what: string;
  /** Whose functions get events. */
  affected: Broker[];
  /** The cluster apart from the others, since it ends their pods as well. */
  killed: Broker[];
  gateway?: boolean;
}

const disasters: Disaster[] = [
  { batch: 'broker', what: 'brokers are killed', affected: processes, killed: processes },
  { batch: 'gateway', what: 'the gateway is killed', affected: brokers, killed: [], gateway: true },
  {
    batch: 'both',
    what: 'gateway and brokers are killed',
    affected: brokers,
    killed: processes,
    gateway: true,
  },
  { batch: 'cluster', what: 'API server and node are killed', affected: [kubernetes], killed: [kubernetes] },
];

describe.each(disasters)(
  `when, in the middle of ${EVENTS} events, $what`,
  ({ batch, affected, killed, gateway }) => {
    const durable = atLeastOnce(affected).map(({ name }) => name);
    const ids = eventIds(batch, EVENTS);

    beforeAll(async () => {
      const { sink, publish, space } = bed;
      const hold = sink.hold(batch, MIDDLE);
      try {
        await Promise.all(durable.map((name) => publish(name, ids)));
        await waitFor(
          () => {
            const early = durable.filter((name) => !hold.waits(name));
            if (early.length > 0) throw new Error(early.join());
            return true;
          },
          { timeoutMs: 30_000, describe: 'all functions to be in the middle' },
        );
        await Promise.all([gateway && killPart(space, 'gateway'), bed.kill(killed)]);
      } finally {
        hold.release();
      }
      await bed.restart(killed);
    }, 90_000);

    it.each(durable)('%s loses nothing', async (name) => {
      await waitFor(
        () => {
          const finished = new Set(bed.sink.finished(name));
          const missing = ids.filter((id) => !finished.has(id));
          if (missing.length > 0)
            throw new Error(`${missing.length} are missing, ${missing[0]} is the first`);
          return true;
        },
        { timeoutMs: 50_000, describe: 'every event' },
      );
    });
  },
);

describe('what comes again after all this is no more than can be explained', { timeout: 120_000 }, () => {
  it.each(atLeastOnce(brokers))('$name', async ({ name, again }) => {
    const { space, sink } = bed;
    await space.untilConnected(name);
    await space.untilAsleep(name);
    const finished = sink.finished(name);
    expect(finished.length - new Set(finished).size).toBeLessThanOrEqual(again);
  });
});
