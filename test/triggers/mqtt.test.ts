import { connectAsync, type MqttClient } from 'mqtt';
import type { Static } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { mqtt } from '#crds/function/triggers/mqtt.ts';
import type { TriggerSetup } from '#gateway/triggers/source.ts';
import { createMqttSource } from '#gateway/triggers/sources/mqtt.ts';
import { createTestAuthority } from '#kube/testing/certificates.ts';
import { mosquittoUser, startMosquitto } from '#test/harness/brokers/mosquitto.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { never, type ObservedRun, observe } from './observed-run.ts';

type Config = Static<typeof mqtt>;

let broker: Awaited<ReturnType<typeof startMosquitto>>;
let client: MqttClient;
let triggers = 0;

beforeAll(async () => {
  broker = await startMosquitto();
  client = await connectAsync(urlOf(), { ...mosquittoUser, protocolVersion: 5, reconnectPeriod: 100 });
});

afterAll(async () => {
  await client?.endAsync(true);
  await broker?.stop();
});

const urlOf = (port = broker.port) => `mqtt://127.0.0.1:${port}`;

/** Of a trigger that no other test has, and thus with a session of its own. */
function newSetup(
  config: Partial<Config> = {},
  secret: Record<string, string> = mosquittoUser,
): TriggerSetup<Config> {
  triggers += 1;
  return {
    functionKey: 'shop/measure',
    name: `t${triggers}`,
    credentials: secret,
    config: {
      url: urlOf(),
      protocol: 'MQTT5',
      topics: [{ filter: `t${triggers}/#`, qos: 1 }],
      sessionExpirySeconds: 3600,
      maxInFlight: 100,
      ordering: 'topic',
      ...config,
    },
  };
}

const connected = (run: ObservedRun) =>
  Promise.race([
    waitFor(() => run.connected, { timeoutMs: 10_000, describe: 'the source to be connected' }),
    run.finished,
  ]);

const received = (run: ObservedRun, count: number) =>
  waitFor(() => run.events.length >= count, { timeoutMs: 10_000, describe: `${count} events` });

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i));

const publish = async (setup: TriggerSetup<Config>, texts: string[], qos: 0 | 1 | 2 = 1) => {
  for (const text of texts) await client.publishAsync(`${setup.name}/a`, text, { qos });
};

describe.each(['MQTT5', 'MQTT311'] as const)('%s', (protocol) => {
  it('hands over messages of every QoS', async () => {
    const setup = newSetup({ protocol, topics: [{ filter: `t${triggers + 1}/+`, qos: 2 }] });
    const run = observe(createMqttSource(setup));
    await connected(run);
    for (const qos of [0, 1, 2] as const) {
      await client.publishAsync(`${setup.name}/q${qos}`, `text ${qos}`, {
        qos,
        properties: { contentType: 'text/plain', userProperties: { tenant: 'acme' } },
      });
    }
    await received(run, 3);
    await run.stop();
    const properties = protocol === 'MQTT5' ? { contentType: 'text/plain', user: '{"tenant":"acme"}' } : {};
    for (const [qos, event] of run.events.entries()) {
      expect(event).toMatchObject({
        type: 'dev.catnap.mqtt.message',
        source: urlOf(),
        subject: `${setup.name}/q${qos}`,
        key: `${setup.name}/q${qos}`,
      });
      expect(event.extensions).toEqual({
        mqttqos: String(qos),
        ...(properties.user ? { mqttuserproperties: properties.user } : {}),
      });
      expect(event.contentType).toBe(properties.contentType);
      expect(event.data.toString()).toBe(`text ${qos}`);
    }
    expect(new Set(run.events.map(({ id }) => id)).size).toBe(3);
    expect(run.lag).toBeUndefined();
  });

  it.each([1, 2] as const)('gets again in order what was not delivered, QoS %d', async (qos) => {
    const setup = newSetup({ protocol, topics: [{ filter: `t${triggers + 1}/a`, qos }] });
    const first = observe(createMqttSource(setup), ({ data }) =>
      Number(data.toString()) <= 2 ? Promise.resolve() : never(),
    );
    await connected(first);
    await publish(setup, numbers(1, 6), qos);
    await received(first, 6);
    const started = performance.now();
    await first.stop();
    expect(performance.now() - started).toBeLessThan(1_000);
    // The broker keeps what comes while nobody listens.
    await publish(setup, numbers(7, 8), qos);

    const second = observe(createMqttSource(setup));
    await received(second, 6);
    await second.stop();
    expect(second.texts()).toEqual(numbers(3, 8));

    const third = observe(createMqttSource(setup));
    await connected(third);
    await publish(setup, ['last'], qos);
    await received(third, 1);
    await third.stop();
    expect(third.texts()).toEqual(['last']);
  });

  it.each([1, 2] as const)(
    'loses nothing and starts nothing twice when the broker is killed, QoS %d',
    async (qos) => {
      const setup = newSetup({ protocol, topics: [{ filter: `t${triggers + 1}/a`, qos }] });
      const source = createMqttSource(setup);
      const calls = Promise.withResolvers<void>();
      const first = observe(source, () => calls.promise);
      await connected(first);
      await publish(
        setup,
        numbers(1, 9).map((number) => `${setup.name}-${number}`),
        qos,
      );
      await received(first, 9);
      await broker.crash();
      await expect(first.finished).rejects.toThrow(/MQTT mqtt:\/\/127\.0\.0\.1/);
      await broker.restart();
      const second = observe(source);
      await connected(second);
      calls.resolve();
      await publish(setup, [`${setup.name}-10`], qos);
      await received(second, 1);
      await second.stop();
      expect(second.texts()).toEqual([`${setup.name}-10`]);

      // All was acknowledged: nothing comes again.
      const third = observe(createMqttSource(setup));
      await connected(third);
      await publish(setup, [`${setup.name}-11`], qos);
      await received(third, 1);
      await third.stop();
      expect(third.texts()).toEqual([`${setup.name}-11`]);
    },
  );

  it('says what to do about refused credentials', async () => {
    const run = observe(createMqttSource(newSetup({ protocol }, { username: 'shop', password: 'wrong' })));
    await expect(run.finished).rejects.toThrow(/refuses the credentials.*Secret of secretRef/);
  });
});

describe('one trigger', () => {
  it('has no more on its way than it may, and lets the broker keep the rest', async () => {
    for (const protocol of ['MQTT5', 'MQTT311'] as const) {
      const setup = newSetup({ protocol, maxInFlight: 3 });
      const call = Promise.withResolvers<void>();
      const run = observe(createMqttSource(setup), () => call.promise);
      await connected(run);
      await publish(setup, numbers(1, 30));
      await received(run, 3);
      // One more is read before reading stops.
      expect(run.events.length).toBeLessThanOrEqual(protocol === 'MQTT5' ? 3 : 20);
      call.resolve();
      await received(run, 30);
      await run.stop();
      expect(run.texts()).toEqual(numbers(1, 30));
    }
  });

  it('takes all that the broker kept at once', async () => {
    for (const protocol of ['MQTT5', 'MQTT311'] as const) {
      const setup = newSetup({ protocol, maxInFlight: 10 });
      const first = observe(createMqttSource(setup));
      await connected(first);
      await first.stop();
      // As many as Mosquitto keeps of a session that is away.
      await Promise.all(numbers(1, 900).map((text) => publish(setup, [text])));
      const second = observe(createMqttSource(setup), () => new Promise((resolve) => setTimeout(resolve, 1)));
      await received(second, 900);
      await second.stop();
      expect(second.texts()).toEqual(numbers(1, 900));
    }
  });

  it('leaves messages with the broker once deliveries are refused', async () => {
    const setup = newSetup();
    const first = observe(createMqttSource(setup), never);
    await connected(first);
    await publish(setup, numbers(1, 3));
    await received(first, 3);
    first.refuse();
    await publish(setup, numbers(4, 5));
    await first.stop();
    expect(first.events.length).toBe(3);
    const second = observe(createMqttSource(setup));
    await received(second, 5);
    await second.stop();
    expect(second.texts()).toEqual(numbers(1, 5));
  });

  it('acknowledges in the order of arrival', async () => {
    const setup = newSetup();
    const texts = ['first', 'second', 'third'];
    const slow = Promise.withResolvers<void>();
    const first = observe(createMqttSource(setup), ({ data }) =>
      data.toString() === 'first' ? slow.promise : Promise.resolve(),
    );
    await connected(first);
    await publish(setup, texts);
    await received(first, 3);
    await broker.crash();
    await first.finished.catch(() => {});
    await broker.restart();
    const second = observe(createMqttSource(setup));
    await received(second, 3);
    await second.stop();
    expect(second.texts()).toEqual(texts);
  });

  it('shares a subscription with others', async () => {
    const topics = [{ filter: '$share/workers/jobs/#', qos: 1 }];
    const runs = [
      observe(createMqttSource(newSetup({ topics }))),
      observe(createMqttSource(newSetup({ topics }))),
    ];
    await Promise.all(runs.map(connected));
    for (const text of numbers(1, 20)) await client.publishAsync('jobs/new', text, { qos: 1 });
    await waitFor(() => runs.flatMap((run) => run.events).length >= 20, {
      timeoutMs: 5_000,
      describe: '20 events',
    });
    await Promise.all(runs.map((run) => run.stop()));
    expect(runs.flatMap((run) => run.texts()).sort()).toEqual(numbers(1, 20).sort());
    expect(runs.every((run) => run.events.length > 0)).toBe(true);
  });

  it('names the client id when the broker ends the session', async () => {
    const setup = newSetup({ clientId: 'same' });
    const first = observe(createMqttSource(setup));
    await connected(first);
    const second = observe(createMqttSource(setup));
    await expect(first.finished).rejects.toThrow(/closed the connection.*no other client.*mqtt\.clientId/);
    await second.stop();
  });

  it('names the server that is out of reach, and the authority that is missing', async () => {
    const away = observe(createMqttSource(newSetup({ url: 'mqtt://127.0.0.1:9' })));
    await expect(away.finished).rejects.toThrow(/mqtt:\/\/127\.0\.0\.1:9.*check mqtt\.url/);

    const authority = await createTestAuthority();
    const { cert, key } = await authority.serverPair('127.0.0.1');
    const secured = await startMosquitto({ certificate: { cert, key } });
    try {
      const url = `mqtts://127.0.0.1:${secured.port}`;
      const trusting = observe(
        createMqttSource(newSetup({ url }, { ...mosquittoUser, 'ca.crt': authority.cert })),
      );
      await connected(trusting);
      await trusting.stop();
      const untrusting = observe(createMqttSource(newSetup({ url })));
      await expect(untrusting.finished).rejects.toThrow(/ca\.crt/);
    } finally {
      await secured.stop();
    }
  });
});
