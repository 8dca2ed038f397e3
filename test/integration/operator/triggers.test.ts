/** Triggers from kubectl to Redis and back: real API server, real Redis, a gateway that is played. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubectl, type Kubectl } from '#test/harness/kubectl.ts';
import { type Environment, type OperatorProcess, startEnvironment } from './environment.ts';
import { inline, testFunction } from './function.ts';
import { ENCRYPTION_KEY, triggerTools } from './trigger.ts';

const SETTINGS = { CATNAP_ENCRYPTION_KEY: ENCRYPTION_KEY.toString('base64'), CATNAP_POOL_MAX: '0' };

let environment: Environment;
let operator: OperatorProcess;
let kubectl: Kubectl;
let tools: ReturnType<typeof triggerTools>;

beforeAll(async () => {
  environment = await startEnvironment();
  environment.gateway.report({});
  operator = await environment.startOperator('operator', SETTINGS);
  kubectl = await createKubectl(environment.kubeconfig);
  tools = triggerTools(environment);
});
afterAll(async () => {
  tools?.close();
  await environment?.stop();
});

const apply = (name: string, triggers: unknown) =>
  kubectl.apply({
    apiVersion: 'catnap.dev/v1alpha1',
    kind: 'Function',
    metadata: { name, namespace: 'shop' },
    spec: { ...inline(), triggers },
  });
const secret = (name: string, stringData: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'shop' },
  stringData,
});
const cron = { schedule: '0 3 * * mon-fri', data: '{"kind":"nightly"}' };
const nightly = { name: 'nightly', secretRef: { name: 'broker' }, cron };

describe('a function with a trigger', () => {
  it('has what gateways need in Redis, sealed, with the Secret and all defaults', async () => {
    await kubectl.apply(secret('broker', { username: 'ada', password: 'not-a-real-password' }));
    await apply('report', [nightly]);
    const digest = await tools.digest('report');
    expect(await tools.specs('report', digest)).toEqual({
      function: 'shop/report',
      triggers: [
        {
          name: 'nightly',
          type: 'cron',
          config: { ...cron, timeZone: 'UTC', missedRuns: 'skip', overlap: 'allow' },
          credentials: { username: 'ada', password: 'not-a-real-password' },
          batch: { maxEvents: 1, maxWaitMilliseconds: 200 },
          concurrency: 10,
        },
      ],
    });
    expect((await tools.sealed(digest))?.includes('not-a-real-password')).toBe(false);
    expect(await tools.connected('report', 'nightly', 'TriggerConnecting')).toMatchObject({
      type: 'Connected',
      status: 'Unknown',
      observedGeneration: 1,
    });
  });

  it('shows what the gateway reports, once for each change', async () => {
    tools.report('report', 'nightly', { connected: true, reason: 'TriggerConnected', message: 'Next at 3.' });
    expect(await tools.connected('report', 'nightly', 'TriggerConnected')).toMatchObject({
      status: 'True',
      message: 'Next at 3.',
    });
    const path = '{.status.triggers.list[?(@.name=="nightly")].conditions[0].status}';
    await kubectl(['wait', 'fn/report', '-n', 'shop', `--for=jsonpath=${path}=True`, '--timeout=5s']);
    const message = 'The broker does not answer.';
    tools.report('report', 'nightly', { connected: false, reason: 'TriggerDisconnected', message });
    const down = await tools.connected('report', 'nightly', 'TriggerDisconnected');
    expect(down).toMatchObject({ status: 'False', message });
    const fn = testFunction(environment.client, 'report');
    await tools.until(async () => (await fn.notes('TriggerDisconnected')).length > 0, 'the event');
    expect(await fn.notes('TriggerConnected')).toEqual(['Trigger "nightly": Next at 3.']);
    const text = await kubectl(['describe', 'fn', 'report', '-n', 'shop']);
    expect(text).toMatch(
      /Triggers:\s+Digest: +\w{32}\s+List:\s+Conditions:[\s\S]+?Name: +nightly\s+Type: +cron/,
    );
  });

  it('leaves the status alone that others write, and is left alone by them', async () => {
    const fn = testFunction(environment.client, 'report');
    await fn.reason('Verifying');
    await fn.pod('report-1', { ready: true });
    const { status } = await fn.reason('Loaded');
    expect(status?.triggers?.list).toHaveLength(1);
    expect(status?.conditions?.map(({ type }) => type)).toEqual(['Ready', 'Active']);
  });

  it('has its specs written again when Redis lost them', async () => {
    const digest = await tools.digest('report');
    await tools.loseData();
    await tools.breakConnections();
    await tools.until(() => tools.specs('report', digest), 'the specs to be back');
    expect(await tools.ttl(digest)).toBe(-1);
  });

  it('has others once its Secret is another, which a new leader sees at once', async () => {
    const before = await tools.digest('report');
    await operator.stop();
    await kubectl.apply(secret('broker', { username: 'ada', password: 'changed' }));
    operator = await environment.startOperator('successor', SETTINGS);
    const after = await tools.digest('report', before);
    expect((await tools.specs('report', after))?.triggers[0]?.credentials.password).toBe('changed');
    await tools.breakConnections();
    await tools.until(async () => (await tools.ttl(before)) > 0, 'the old specs to expire');
    expect(await tools.ttl(after)).toBe(-1);
  });

  it('runs what it can, says which Secret is missing, and goes on when it comes', async () => {
    await apply('partly', [
      { name: 'plain', cron },
      { ...nightly, secretRef: { name: 'late' } },
    ]);
    const missing = await tools.connected('partly', 'nightly', 'SecretMissing');
    expect(missing).toMatchObject({ status: 'False' });
    expect(missing.message).toMatch(/^Secret "late", which secretRef names, does not exist/);
    const before = await tools.digest('partly');
    expect((await tools.specs('partly', before))?.triggers.map(({ name }) => name)).toEqual(['plain']);
    const fn = testFunction(environment.client, 'partly');
    await tools.until(async () => (await fn.notes('SecretMissing')).length > 0, 'the event');
    await kubectl.apply(secret('late', { token: 'x' }));
    const after = await tools.digest('partly', before);
    expect((await tools.specs('partly', after))?.triggers.map(({ name }) => name)).toEqual([
      'plain',
      'nightly',
    ]);
    await tools.connected('partly', 'nightly', 'TriggerConnecting');
  });

  it('has none left when the triggers go, or the function does', async () => {
    const digests = [await tools.digest('report'), await tools.digest('partly')];
    await apply('partly', []);
    await tools.until(async () => (await tools.statusOf('partly')) === undefined, 'the status to go');
    await kubectl(['delete', 'fn', 'report', '-n', 'shop']);
    await tools.breakConnections();
    for (const digest of digests) {
      await tools.until(async () => (await tools.ttl(digest)) > 0, 'the specs to expire');
    }
  });
});

describe('a trigger is refused at apply', () => {
  it.each<[string, object[], RegExp]>([
    [
      'without a source',
      [{ name: 'a' }],
      /spec\.triggers\[0\].*exactly one source; set one field of: .*cron/s,
    ],
    [
      'with a name twice',
      [
        { name: 'a', cron },
        { name: 'a', cron },
      ],
      /spec\.triggers\[1\].*Duplicate value/s,
    ],
    ['with a name that is none', [{ name: 'A b', cron }], /spec\.triggers\[0\]\.name/],
    [
      'with a schedule of four fields',
      [{ name: 'a', cron: { schedule: '* * * *' } }],
      /spec\.triggers\[0\]\.cron\.schedule.*schedule must have five fields/s,
    ],
    [
      'with an hour that is none',
      [{ name: 'a', cron: { schedule: '0 24 * * *' } }],
      /spec\.triggers\[0\]\.cron\.schedule.*hour \(0-23\)/s,
    ],
    ['with an endless batch', [{ name: 'a', cron, batch: { maxEvents: 1001 } }], /batch\.maxEvents.*1000/s],
  ])('%s', async (_, triggers, message) => {
    await expect(apply('refused', triggers)).rejects.toThrow(message);
  });

  it.each(['* * * * *', '*/15 8-18 * * mon-fri', '0,30 0 1-7/2 JAN,jul 7', '5  04 31 12 Sun'])(
    'but %s is a schedule',
    async (schedule) => {
      await apply('accepted', [{ name: 'a', cron: { schedule } }]);
    },
  );
});
