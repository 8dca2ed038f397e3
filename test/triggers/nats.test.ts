import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection, nkeys } from '@nats-io/transport-node';
import type { Static } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { nats } from '#crds/function/triggers/nats.ts';
import type { TriggerSetup } from '#gateway/triggers/source.ts';
import { createNatsSource } from '#gateway/triggers/sources/nats.ts';
import { createTestAuthority } from '#kube/testing/certificates.ts';
import { startNats } from '#test/harness/brokers/nats.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { never, type ObservedRun, observe } from './observed-run.ts';

type Server = Awaited<ReturnType<typeof startNats>>;
type Config = Static<typeof nats>;
type JetStream = NonNullable<Config['jetStream']>;

const credentials = { username: 'shop', password: 'right' };
let server: Server;
let client: NatsConnection;
let streams = 0;

beforeAll(async () => {
  server = await startNats({
    settings: () => 'authorization: { users: [ { user: shop, password: right } ] }',
  });
  client = await publisher();
});

afterAll(async () => {
  await client?.close();
  await server?.stop();
});

const publisher = () =>
  connect({
    servers: server.url,
    user: 'shop',
    pass: 'right',
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
  });

function setupOf(
  config: Partial<Config>,
  secret: Record<string, string> = credentials,
): TriggerSetup<Config> {
  return {
    functionKey: 'shop/ship.it',
    name: 'orders',
    credentials: secret,
    config: { servers: [server.url], ordering: 'none', ...config },
  };
}

/** A stream of its own, and the part of the configuration that reads it. */
async function newStream(settings: Partial<JetStream> = {}) {
  streams += 1;
  const stream = `S${streams}`;
  const manager = await jetstreamManager(client);
  await manager.streams.add({ name: stream, subjects: [`s${streams}.>`] });
  const jetStream: JetStream = {
    stream,
    deliverPolicy: 'all',
    ackWaitSeconds: 30,
    maxAckPending: 100,
    ...settings,
  };
  return {
    stream,
    manager,
    jetStream,
    subject: `s${streams}`,
    publish: (subject: string, text: string) =>
      jetstream(client).publish(`${stream.toLowerCase()}.${subject}`, text),
  };
}

const connected = (run: ObservedRun) =>
  Promise.race([
    waitFor(() => run.connected, { timeoutMs: 10_000, describe: 'the source to be connected' }),
    run.finished,
  ]);

const received = (run: ObservedRun, count: number) =>
  waitFor(() => run.events.length >= count, { timeoutMs: 15_000, describe: `${count} events` });

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

describe('JetStream', () => {
  it('hands over what a stream holds, with its position, and reports the lag', async () => {
    const { publish, stream, subject, jetStream, manager } = await newStream({ maxAckPending: 2 });
    const before = Date.now();
    const metadata = headers();
    metadata.set('Content-Type', 'application/json');
    metadata.set('Tenant', 'acme');
    await jetstream(client).publish(`${subject}.new`, '{"id":1}', { headers: metadata });
    for (const text of numbers(2, 5)) await publish('new', text);

    const run = observe(createNatsSource(setupOf({ jetStream, subject: `${subject}.*` })), never);
    await received(run, 2);
    expect(run.lag).toBe(5);
    const info = await manager.consumers.info(stream, 'catnap_shop_ship_it_orders');
    expect(info.config).toMatchObject({
      ack_policy: 'explicit',
      max_ack_pending: 2,
      filter_subject: `${subject}.*`,
    });
    await run.stop();
    // Two are on their way at most: the others wait at the server.
    expect(run.events.length).toBe(2);
    const [event] = run.events;
    expect(event).toMatchObject({
      type: 'dev.catnap.nats.message',
      source: `${server.url}/${stream}`,
      subject: `${subject}.new`,
      contentType: 'application/json',
      extensions: { natsstream: stream, natssequence: '1', natsheaders: '{"tenant":"acme"}' },
    });
    expect(event?.key).toBeUndefined();
    expect(Math.abs(Date.parse(event?.time ?? '') - before)).toBeLessThan(10_000);
  });

  it('gives back in order what was not delivered when it stops, and acknowledges the rest', async () => {
    const { publish, jetStream, stream, manager } = await newStream();
    for (const text of numbers(1, 6)) await publish('new', text);
    const source = createNatsSource(setupOf({ jetStream, ordering: 'subject' }));
    const first = observe(source, ({ data }) => (Number(data.toString()) <= 2 ? Promise.resolve() : never()));
    await received(first, 6);
    expect(first.events.every(({ key, subject }) => key === subject)).toBe(true);
    await waitFor(
      async () => (await manager.consumers.info(stream, 'catnap_shop_ship_it_orders')).num_ack_pending === 4,
      {
        timeoutMs: 5_000,
        describe: 'two acknowledged messages',
      },
    );
    const started = performance.now();
    await first.stop();
    expect(performance.now() - started).toBeLessThan(2_000);

    const second = observe(createNatsSource(setupOf({ jetStream, ordering: 'subject' })));
    await received(second, 4);
    expect(second.texts()).toEqual(numbers(3, 6));
    const idsBefore = first.events.slice(2).map(({ id }) => id);
    expect(second.events.map(({ id }) => id)).toEqual(idsBefore);
    await waitFor(
      async () => (await manager.consumers.info(stream, 'catnap_shop_ship_it_orders')).num_ack_pending === 0,
      {
        timeoutMs: 5_000,
        describe: 'every message acknowledged',
      },
    );
    await second.stop();
  });

  it('pulls no more once deliveries are refused, and gives back what it has', async () => {
    const { publish, jetStream } = await newStream();
    for (const text of numbers(1, 3)) await publish('new', text);
    const first = observe(createNatsSource(setupOf({ jetStream })), never);
    await received(first, 3);
    first.refuse();
    for (const text of numbers(4, 5)) await publish('new', text);
    await first.stop();
    const second = observe(createNatsSource(setupOf({ jetStream })));
    await received(second, 5);
    await second.stop();
    expect(second.texts()).toEqual(numbers(1, 5));
  });

  it('keeps a message while its call takes longer than the server would wait', async () => {
    const { publish, jetStream } = await newStream({ ackWaitSeconds: 2 });
    await publish('new', 'slow');
    const call = Promise.withResolvers<void>();
    const run = observe(createNatsSource(setupOf({ jetStream })), () => call.promise);
    await received(run, 1);
    const other = observe(createNatsSource(setupOf({ jetStream })));
    const deadline = performance.now() + 4_500;
    await waitFor(() => performance.now() > deadline, {
      timeoutMs: 6_000,
      describe: 'more than twice the time that the server waits',
    });
    call.resolve();
    expect(run.events.length).toBe(1);
    expect(other.events).toEqual([]);
    await Promise.all([run.stop(), other.stop()]);
  });

  it('loses nothing and starts nothing twice when the server is killed', async () => {
    const { publish, jetStream, stream, manager } = await newStream({ ackWaitSeconds: 2 });
    for (const text of numbers(1, 20)) await publish('new', text);
    const source = createNatsSource(setupOf({ jetStream }));
    const calls = Promise.withResolvers<void>();
    const first = observe(source, ({ data }) =>
      Number(data.toString()) <= 10 ? Promise.resolve() : calls.promise,
    );
    await received(first, 20);
    await server.kill();
    await expect(first.finished).rejects.toThrow(/NATS nats:\/\/127\.0\.0\.1/);
    await server.restart();
    for (const text of numbers(21, 30)) {
      await waitFor(() => publish('new', text).then(() => true), {
        timeoutMs: 10_000,
        describe: 'the server',
      });
    }
    const second = observe(source);
    await received(second, 10);
    calls.resolve();
    await waitFor(
      async () => {
        const { num_ack_pending, num_pending } = await manager.consumers.info(
          stream,
          'catnap_shop_ship_it_orders',
        );
        return num_ack_pending === 0 && num_pending === 0;
      },
      { timeoutMs: 15_000, describe: 'every message acknowledged' },
    );
    await second.stop();
    const seen = [...first.texts(), ...second.texts()];
    expect(new Set(seen)).toEqual(new Set(numbers(1, 30)));
    expect(second.texts().filter((text) => Number(text) > 10 && Number(text) <= 20)).toEqual([]);
  });

  it('uses a consumer that exists as it is, and refuses one that it cannot use', async () => {
    const { publish, jetStream, stream, manager, subject } = await newStream({ consumer: 'mine' });
    await manager.consumers.add(stream, {
      durable_name: 'mine',
      ack_policy: 'explicit',
      filter_subject: `${subject}.wanted`,
      max_ack_pending: 7,
    });
    await publish('other', 'no');
    await publish('wanted', 'yes');
    const run = observe(createNatsSource(setupOf({ jetStream })));
    await received(run, 1);
    await run.stop();
    expect(run.texts()).toEqual(['yes']);
    expect((await manager.consumers.info(stream, 'mine')).config.max_ack_pending).toBe(7);

    await manager.consumers.add(stream, { durable_name: 'careless', ack_policy: 'none' });
    const careless = observe(
      createNatsSource(setupOf({ jetStream: { ...jetStream, consumer: 'careless' } })),
    );
    await expect(careless.finished).rejects.toThrow(
      /careless has ack policy none.*nats\.jetStream\.consumer/,
    );
  });

  it('brings its own consumer up to date', async () => {
    const { jetStream, stream, manager } = await newStream();
    for (const maxAckPending of [5, 6]) {
      const run = observe(createNatsSource(setupOf({ jetStream: { ...jetStream, maxAckPending } })));
      await connected(run);
      await run.stop();
    }
    const { config } = await manager.consumers.info(stream, 'catnap_shop_ship_it_orders');
    expect(config.max_ack_pending).toBe(6);
  });

  it('names the stream that does not exist', async () => {
    const { jetStream } = await newStream();
    const run = observe(createNatsSource(setupOf({ jetStream: { ...jetStream, stream: 'NONE' } })));
    await expect(run.finished).rejects.toThrow(/stream not found.*nats\.jetStream\.stream/);
  });

  it('ends with an error when its consumer is deleted', async () => {
    const { jetStream, stream, manager } = await newStream();
    const run = observe(createNatsSource(setupOf({ jetStream })));
    await connected(run);
    await manager.consumers.delete(stream, 'catnap_shop_ship_it_orders');
    await expect(run.finished).rejects.toThrow(/consumer/);
  });
});

describe('core NATS', () => {
  it('hands over what is published while it listens', async () => {
    const run = observe(createNatsSource(setupOf({ subject: 'news.*', ordering: 'subject' })));
    await connected(run);
    client.publish('news.sport', 'goal');
    await received(run, 1);
    await run.stop();
    expect(run.events[0]).toMatchObject({
      type: 'dev.catnap.nats.message',
      source: server.url,
      subject: 'news.sport',
      key: 'news.sport',
    });
    expect(run.lag).toBeUndefined();
  });

  it('shares messages within a queue group', async () => {
    const source = () => createNatsSource(setupOf({ subject: 'jobs', queueGroup: 'workers' }));
    const runs = [observe(source()), observe(source())];
    await Promise.all(runs.map(connected));
    for (const text of numbers(1, 50)) client.publish('jobs', text);
    await waitFor(() => runs.flatMap((run) => run.events).length >= 50, {
      timeoutMs: 5_000,
      describe: '50 events',
    });
    await Promise.all(runs.map((run) => run.stop()));
    expect(new Set(runs.flatMap((run) => run.texts())).size).toBe(50);
    expect(runs.flatMap((run) => run.events).length).toBe(50);
  });

  it('says what to do about refused credentials and servers out of reach', async () => {
    const wrong = observe(
      createNatsSource(setupOf({ subject: 'x' }, { username: 'shop', password: 'wrong' })),
    );
    await expect(wrong.finished).rejects.toThrow(/Authorization Violation.*Secret of secretRef/);
    const away = observe(createNatsSource(setupOf({ subject: 'x', servers: ['nats://127.0.0.1:9'] })));
    await expect(away.finished).rejects.toThrow(/nats:\/\/127\.0\.0\.1:9.*check nats\.servers/);
  });

  it('proves itself with a key, and with a token over TLS', async () => {
    const user = nkeys.createUser();
    const keyed = await startNats({
      settings: () => `authorization: { users: [ { nkey: ${user.getPublicKey()} } ] }`,
    });
    const authority = await createTestAuthority();
    const { cert, key } = await authority.serverPair('localhost');
    const secured = await startNats({
      settings(directory) {
        writeFileSync(join(directory, 'tls.crt'), cert);
        writeFileSync(join(directory, 'tls.key'), key);
        return [
          `tls: { cert_file: "${directory}/tls.crt", key_file: "${directory}/tls.key" }`,
          'authorization: { token: "open sesame" }',
        ].join('\n');
      },
    });
    const tlsUrl = `tls://localhost:${secured.port}`;
    try {
      const seed = new TextDecoder().decode(user.getSeed());
      const runs = [
        observe(createNatsSource(setupOf({ subject: 'x', servers: [keyed.url] }, { 'nkey.seed': seed }))),
        observe(
          createNatsSource(
            setupOf({ subject: 'x', servers: [tlsUrl] }, { token: 'open sesame', 'ca.crt': authority.cert }),
          ),
        ),
      ];
      await Promise.all(runs.map(connected));
      await Promise.all(runs.map((run) => run.stop()));
      const untrusting = observe(
        createNatsSource(setupOf({ subject: 'x', servers: [tlsUrl] }, { token: 'open sesame' })),
      );
      await expect(untrusting.finished).rejects.toThrow(/certificate.*ca\.crt/);
    } finally {
      await Promise.all([keyed.stop(), secured.stop()]);
    }
  });

  it('ends with an error when the server goes away', async () => {
    const own = await startNats();
    try {
      const run = observe(createNatsSource(setupOf({ subject: 'x', servers: [own.url] }, {})));
      await connected(run);
      await own.kill();
      await expect(run.finished).rejects.toThrow(/NATS/);
    } finally {
      await own.stop();
    }
  });
});
