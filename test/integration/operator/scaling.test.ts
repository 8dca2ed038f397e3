import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FunctionSpec } from '#crds/function/types.ts';
import { functions } from '#kube/resource.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Environment, type OperatorProcess, startEnvironment } from './environment.ts';
import { inline, type TestFunction, testFunction } from './function.ts';

let environment: Environment;
let operator: OperatorProcess;
const fn = (name: string) => testFunction(environment.client, name);

const scaling = (overrides: Partial<FunctionSpec['scaling']>) =>
  ({ scaling: overrides }) as Partial<FunctionSpec>;

/** A function whose code is known to load, with one replica. */
async function running(name: string, overrides: Partial<FunctionSpec['scaling']> = {}) {
  const made = fn(name);
  await made.apply({ ...inline(), ...scaling({ idleSeconds: 6, ...overrides }) });
  await made.reason('Verifying');
  await made.pod(`${name}-1`, { ready: true });
  await made.reason('Loaded');
  return made;
}

beforeAll(async () => {
  environment = await startEnvironment();
  environment.gateway.report({});
  operator = await environment.startOperator('operator');
});
afterAll(() => environment?.stop());

describe('the autoscaler', () => {
  it('scales out with load and back to zero without', async () => {
    const busy = await running('busy', { maxReplicas: 8 });
    environment.gateway.report({ [busy.key]: 56 });
    await busy.scaledTo(8);
    environment.gateway.report({});
    await busy.scaledTo(0, 25_000);
    await waitFor(
      async () => {
        const notes = await busy.notes('Scaled');
        const told = [
          'Scaled from 1 to 8 for a burst of calls.',
          'Scaled from 1 to 0 after its idle time without calls.',
        ];
        return told.every((note) => notes.includes(note));
      },
      { timeoutMs: 5_000, describe: 'the events' },
    );
  });

  it('scales out with short calls that come often, where the function has a target for them', async () => {
    const brisk = await running('brisk', { maxReplicas: 8, requestsPerSecond: 50 });
    environment.gateway.report({ [brisk.key]: 0.5 }, { [brisk.key]: 250 });
    await brisk.scaledTo(5);
    environment.gateway.report({});
  });

  it('takes what is set through the scale subresource, as an HPA does, for the floor', async () => {
    const ruled = await running('ruled', { maxReplicas: 8, idleSeconds: 1 });
    const scale = (replicas: number) =>
      environment.client.setScale(functions, { namespace: 'shop', name: 'ruled' }, replicas, {
        fieldManager: 'test',
      });
    await scale(3);
    await ruled.scaledTo(3);
    environment.gateway.report({ [ruled.key]: 35 });
    await ruled.scaledTo(5);
    environment.gateway.report({});
    await ruled.scaledTo(3);
    await expect(scale(9)).rejects.toThrow('minReplicas must not exceed maxReplicas');
    await scale(0);
    await ruled.scaledTo(0);
  });

  it('keeps the replicas of an open schedule, says so, and lets go of them', async () => {
    const always = {
      name: 'always',
      start: '* * * * *',
      durationMinutes: 5,
      timeZone: 'UTC',
      minReplicas: 3,
    };
    const broken = { ...always, name: 'broken', start: '61 * * * *', minReplicas: 9 };
    const timely = await running('timely', { idleSeconds: 1, schedules: [always, broken] });
    await timely.scaledTo(3);
    const { status } = await timely.get();
    expect(status).toMatchObject({ minReplicas: 3, openSchedules: ['always'] });
    expect(status?.conditions?.find(({ type }) => type === 'Scheduled')).toMatchObject({
      status: 'True',
      reason: 'ScheduleInvalid',
      message: expect.stringMatching(/^spec\.scaling\.schedules "broken", start: .+"always" is open/),
    });
    await told(timely, 'ScheduleOpened', /^Schedule "always" opened: 3 replicas at least until /);
    await told(timely, 'ScheduleInvalid', /"broken"/);
    await timely.apply({ ...inline(), ...scaling({ idleSeconds: 1 }) });
    await timely.scaledTo(0);
    await told(timely, 'ScheduleClosed', /^Schedule "always" closed: 0 replicas at least from now on\.$/);
    const after = (await timely.get()).status;
    expect(after).not.toHaveProperty('openSchedules');
    expect(after?.conditions?.map(({ type }) => type)).toEqual(['Ready', 'Active']);
  });

  it('has the last cold start in the status, as a gateway reports it', async () => {
    const cold = await running('cold');
    const phases = {
      start: 'pooled',
      queuedMs: 1.2,
      claimedMs: 5.1,
      loadedMs: 4.2,
      firstByteMs: 0.9,
    } as const;
    environment.gateway.tell({ coldStarts: { [cold.key]: { atMs: Date.now() + 1_000, ...phases } } });
    const { lastColdStart } = await waitFor(
      async () => {
        const { status } = await cold.get();
        if (!status?.lastColdStart) throw new Error(JSON.stringify(status));
        return status;
      },
      { timeoutMs: 8_000, describe: 'the cold start in the status' },
    );
    expect(lastColdStart).toEqual({
      at: expect.stringMatching(/Z$/),
      start: 'pooled',
      totalMs: 11,
      queuedMs: 1,
      claimedMs: 5,
      loadedMs: 4,
      firstByteMs: 1,
    });
    environment.gateway.tell({});
  });

  it('does nothing without samples, but keeps the minimum', async () => {
    const steady = await running('steady', { idleSeconds: 1 });
    environment.gateway.report({ [steady.key]: 3 });
    await steady.scaledTo(1);
    environment.gateway.fallSilent();
    await metric('catnap_autoscaler_samples_available', 0);
    const floor = fn('floor');
    await floor.apply({ ...inline(), ...scaling({ minReplicas: 3 }) });
    await floor.scaledTo(3);
    expect(await steady.replicas()).toBe(1);
    environment.gateway.report({});
    await steady.scaledTo(0);
  });

  it('holds while Redis is gone, and resumes by itself', async () => {
    const held = await running('held', { idleSeconds: 1 });
    environment.gateway.report({ [held.key]: 3 });
    await metric('catnap_autoscaler_samples_available', 1);
    await environment.redis.kill();
    environment.gateway.report({});
    await metric('catnap_autoscaler_samples_available', 0);
    // Reconciling goes on meanwhile.
    const other = fn('other');
    await other.apply(inline());
    await other.reason('Verifying');
    expect(await held.replicas()).toBe(1);
    expect((await held.get()).status?.conditions?.[0]).toMatchObject({ status: 'True', reason: 'Loaded' });
    expect((await fetch(`${operator.url()}/readyz`)).ok).toBe(true);
    expect(operator.tail(200).filter((line) => line.includes('no load samples'))).toHaveLength(1);
    await environment.redis.restart();
    await metric('catnap_autoscaler_samples_available', 1);
    await held.scaledTo(0);
  });

  it('drops the series of a deleted function', async () => {
    const brief = await running('brief');
    const series = 'catnap_function_replicas{namespace="shop",function="brief"}';
    await waitFor(async () => (await metrics()).includes(series), { timeoutMs: 5_000, describe: series });
    await brief.remove();
    await waitFor(async () => !(await metrics()).includes('function="brief"'), {
      timeoutMs: 5_000,
      describe: 'the series to go',
    });
  });
});

describe('two operators', () => {
  it('fail over when the leader is killed, and only the leader reports functions', async () => {
    const second = await environment.startOperator('second');
    const leads = async (candidate: OperatorProcess) =>
      (await text(candidate)).includes('leader_election_master_status{name="catnap-operator"} 1');
    expect(await leads(operator)).toBe(true);
    expect(await leads(second)).toBe(false);
    expect(await text(second)).not.toContain('catnap_function_replicas{');

    await operator.kill();
    const killedAt = performance.now();
    const next = fn('next');
    await next.apply(inline());
    await waitFor(() => next.deployment(), {
      timeoutMs: 20_000,
      describe: 'the second operator to take over',
    });
    expect(performance.now() - killedAt).toBeLessThan(20_000);
    expect(await leads(second)).toBe(true);

    // Asked to stop, it gives the lease back: the first one need not wait for its end.
    await operator.start();
    await second.stop();
    const stoppedAt = performance.now();
    const last = fn('last');
    await last.apply(inline());
    await waitFor(() => last.deployment(), { timeoutMs: 5_000, describe: 'the lease to be taken' });
    expect(performance.now() - stoppedAt).toBeLessThan(5_000);
  });
});

/** Waits for an event of the function. */
async function told(made: TestFunction, reason: string, note: RegExp): Promise<void> {
  await waitFor(
    async () => {
      const notes = await made.notes(reason);
      if (!notes.some((candidate) => note.test(candidate))) throw new Error(JSON.stringify(notes));
      return true;
    },
    { timeoutMs: 5_000, describe: `an event ${reason}` },
  );
}

async function metric(name: string, value: number): Promise<void> {
  await waitFor(async () => new RegExp(`^${name} ${value}$`, 'm').test(await metrics()), {
    timeoutMs: 15_000,
    describe: `${name} ${value}`,
  });
}

const metrics = () => text(operator);
const text = async (process: OperatorProcess) => (await fetch(`${process.url()}/metrics`)).text();
