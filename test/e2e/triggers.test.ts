/** Events from elsewhere wake functions that sleep: from a schedule, posted by a store, and sent as CloudEvents. */
import { describe, expect, it } from 'vitest';
import { objectCreated } from '#test/harness/s3-notification.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { inline, type Spec } from './support/function.ts';
import { call } from './support/http.ts';
import { type TestNamespace, useNamespace } from './support/namespace.ts';
import { requires } from './support/requires.ts';

/** Keeps what it was called with, and tells it who asks. */
const COLLECT = `
  const events = [];
  export const handler = async (event) => {
    if (event.method === 'GET') return events;
    events.push({ type: event.headers['ce-type'], subject: event.headers['ce-subject'], body: await event.text() });
  };
`;

interface Collected {
  type: string;
  subject?: string;
  body: string;
}

const collecting = (rest: Spec = {}) => inline(COLLECT, { scaling: { idleSeconds: 2 }, ...rest });

/** Deploys it with a trigger, and waits until that is connected and the function asleep. */
async function deployTriggered(test: TestNamespace, name: string, trigger: Spec): Promise<void> {
  await test.deploy(name, collecting({ triggers: [trigger] }));
  await test.untilConnected(name);
  await test.untilAsleep(name);
}

/** What the function was called with, as long as the pod that was woken for it lives. */
async function collected(test: TestNamespace, name: string): Promise<Collected[]> {
  return JSON.parse((await test.call(name)).text) as Collected[];
}

describe('a trigger', () => {
  const space = useNamespace('triggers');

  it('calls a sleeping function by the clock', async (context) => {
    const test = space();
    // Up to a minute, which is half of all that the embedded cluster's suite takes; its gateway's tests have cron too.
    requires(context, test.platform.cluster !== 'local', 'time for a schedule: run it on a cluster');
    await deployTriggered(test, 'clock', {
      name: 'minutely',
      cron: { schedule: '* * * * *', data: '{"report":"sales"}' },
    });
    const [pod] = await waitFor(
      async () => {
        const pods = await test.pods('clock');
        return pods.length > 0 && pods;
      },
      { timeoutMs: 75_000, describe: 'the schedule to wake it', intervalMs: 100 },
    );
    expect(pod?.metadata?.name).toBeTruthy();
    const events = await waitFor(
      async () => {
        const found = await collected(test, 'clock');
        return found.length > 0 && found;
      },
      { timeoutMs: 20_000, describe: 'the event' },
    );
    expect(events[0]).toMatchObject({ type: 'dev.catnap.cron', body: '{"report":"sales"}' });
  });

  it('takes what a store posts, from who has the token, and wakes the function for it', async () => {
    const test = space();
    await test.applyData('Secret', 'bucket', { token: 'of-the-bucket' });
    await deployTriggered(test, 'resize', {
      name: 'bucket',
      secretRef: { name: 'bucket' },
      s3: { webhook: {} },
    });
    const url = `${test.platform.gatewayUrl}/hooks/${test.name}/resize/bucket`;
    const body = objectCreated('photos', 'cat.jpg');
    const post = (headers: Record<string, string>) =>
      call(url, { method: 'POST', headers, body, timeoutMs: 30_000 });
    expect((await post({})).status).toBe(401);
    expect(await test.pods('resize')).toEqual([]);
    const answer = await post({ authorization: 'Bearer of-the-bucket' });
    expect(answer.status, answer.text).toBe(200);
    const [event] = await collected(test, 'resize');
    expect(event?.type).toMatch(/ObjectCreated:Put$/);
    expect(event?.subject).toContain('cat.jpg');
  });
});

describe('CloudEvents', () => {
  const space = useNamespace('cloudevents');

  it('that are sent to the gateway wake the function, each once', async () => {
    const test = space();
    await test.deploy('orders', collecting());
    await test.untilAsleep('orders');
    const send = () =>
      call(`${test.platform.gatewayUrl}/events/${test.name}/orders`, {
        method: 'POST',
        headers: {
          'ce-specversion': '1.0',
          'ce-id': '17',
          'ce-type': 'shop.order.created',
          'ce-source': '/orders',
          'content-type': 'application/json',
        },
        body: '{"order":17}',
        timeoutMs: 30_000,
      });
    const answers = [await send(), await send()];
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    const events = await waitFor(
      async () => {
        const found = await collected(test, 'orders');
        return found.length > 0 && found;
      },
      { timeoutMs: 30_000, describe: 'the event' },
    );
    expect(events).toEqual([{ type: 'shop.order.created', body: '{"order":17}' }]);
  });
});
