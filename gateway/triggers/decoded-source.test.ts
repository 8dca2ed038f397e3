import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { decodedSource } from './decoded-source.ts';
import type { SourceContext, TriggerEvent } from './source.ts';
import { s3SourceBehind } from './sources/s3.ts';

const event = (data: string, id = data): TriggerEvent => ({
  id,
  type: 'x',
  source: 'y',
  data: Buffer.from(data),
});

/** A queue that delivers these events together and ends; resolves to what reached the function. */
async function delivered(
  decode: (event: TriggerEvent) => TriggerEvent[],
  events: TriggerEvent[],
  deliver: SourceContext['deliver'] = async () => {},
) {
  const received: string[][] = [];
  const seen: unknown[] = [];
  const create = decodedSource<{ queue: string }>(
    ({ config }) => ({
      async run(context) {
        context.connected();
        context.lag(7);
        seen.push(config.queue);
        await context.deliver(events);
      },
    }),
    decode,
  );
  const source = create({ functionKey: 'a/b', name: 'c', config: { queue: 'q' }, credentials: {} });
  await source.run({
    signal: new AbortController().signal,
    log: pino({ level: 'silent' }),
    connected: () => seen.push('connected'),
    lag: (waiting) => seen.push(waiting),
    async deliver(batch) {
      received.push(batch.map(({ id }) => id));
      await deliver(batch);
    },
  });
  return { received, seen };
}

describe('decodedSource', () => {
  it('delivers what is found, of several events together, and passes on all else', async () => {
    const parts = ({ data }: TriggerEvent) =>
      data
        .toString()
        .split(',')
        .map((part) => event(part));
    const { received, seen } = await delivered(parts, [event('a,b'), event('c')]);
    expect(received).toEqual([['a', 'b', 'c']]);
    expect(seen).toEqual(['connected', 7, 'q']);
  });

  it('acknowledges at once where nothing is found', async () => {
    expect((await delivered(() => [], [event('a')])).received).toEqual([]);
  });

  it('delivers what cannot be decoded as it is', async () => {
    const decode = (given: TriggerEvent) => {
      if (given.id === 'bad') throw new Error('no');
      return [event('decoded')];
    };
    const { received } = await delivered(decode, [event('good'), event('bad')]);
    expect(received).toEqual([['decoded', 'bad']]);
  });

  it('acknowledges nothing when the delivery fails', async () => {
    const failing = delivered(
      (given) => [given],
      [event('a')],
      async () => {
        throw new Error('stopped');
      },
    );
    await expect(failing).rejects.toThrow('stopped');
  });
});

it('an S3 source behind a queue delivers the records of its messages', async () => {
  const types: string[] = [];
  const record = { eventName: 'ObjectRemoved:Delete', s3: { bucket: { name: 'b' }, object: { key: 'k' } } };
  const create = s3SourceBehind<unknown>(() => ({
    run: (context) => context.deliver([event(JSON.stringify({ Records: [record, record] }))]),
  }));
  const deliver = async (events: readonly TriggerEvent[]) => {
    types.push(...events.map(({ type }) => type));
  };
  await create({ functionKey: 'a/b', name: 'c', config: {}, credentials: {} }).run({
    signal: new AbortController().signal,
    log: pino({ level: 'silent' }),
    connected() {},
    lag() {},
    deliver,
  });
  expect(types).toEqual(Array(2).fill('com.amazonaws.s3.ObjectRemoved:Delete'));
});
