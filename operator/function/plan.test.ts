import type { ConfigMap } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { startFailed } from './conditions.ts';
import { podReplacedEvent } from './events.ts';
import { aBorrowedPod, aDeployment, aFunction, aPod, inlineSpec, withContainer } from './fixtures.ts';
import { type Plan, planFunction, type World } from './plan.ts';
import { inlineConfigMap } from './resources/config-map.ts';
import { functionDeployment } from './resources/deployment.ts';
import { revisionOf } from './revision.ts';
import { contentHash, digestSource, inlineContentHash, trimConfigMap } from './source-content.ts';

const settings = { runtimeImage: 'runtime:1', gatewayUrl: 'http://localhost:8080' };
const nowMs = Date.parse('2026-01-01T00:00:00Z');
const hello = digestSource(aFunction());
const revision = revisionOf(hello.spec);
const files = inlineSpec().source?.inline?.files ?? {};

function world(overrides: Partial<World> = {}): World {
  return {
    fn: hello,
    deployment: undefined,
    codeConfigMap: undefined,
    labelledConfigMaps: [],
    sourceConfigMap: undefined,
    pods: [],
    replicaSetRevisions: undefined,
    launch: undefined,
    coldStart: undefined,
    refusal: undefined,
    ...overrides,
  };
}

const plan = (overrides: Partial<World> = {}): Plan => planFunction(world(overrides), settings, nowMs);
const reasonOf = ({ writeStatus }: Plan) =>
  writeStatus?.conditions?.find(({ type }) => type === 'Ready')?.reason;
const deploymentOf = (fn: CatnapFunction, rev = revision, replicas = 1) => {
  const deployment = functionDeployment(fn, rev, settings);
  return { ...deployment, spec: { ...deployment.spec, replicas } } as ReturnType<typeof aDeployment>;
};
const codeOf = (fn: CatnapFunction, rev = revision) => trimConfigMap(inlineConfigMap(fn, files, rev));

/** A function whose world is as it should be, with its status written. */
function settled(overrides: Partial<World> = {}): World {
  const fn = overrides.fn ?? hello;
  const base = world({
    deployment: deploymentOf(fn),
    codeConfigMap: codeOf(fn),
    labelledConfigMaps: [codeOf(fn)],
    pods: [aPod(revision, { ready: true })],
    ...overrides,
    fn,
  });
  return { ...base, fn: { ...fn, status: planFunction(base, settings, nowMs).writeStatus } };
}

describe('a new function', () => {
  it('gets its code, a Deployment that starts one pod, and a status', () => {
    const made = plan();
    expect(made.applyCodeOf).toBe(revision);
    expect(made.applyDeployment?.full.metadata?.name).toBe('fn-hello');
    expect(made.applyDeployment?.full.spec).not.toHaveProperty('replicas');
    expect(made.applyDeployment?.sleepingFirst).toBeUndefined();
    expect(reasonOf(made)).toBe('Verifying');
    expect(made.writeStatus?.conditions?.[1]?.reason).toBe('Starting');
  });
});

describe('schedules', () => {
  const night = {
    name: 'night',
    start: '0 22 * * *',
    durationMinutes: 120,
    timeZone: 'UTC',
    minReplicas: 3,
  };
  const nightly = digestSource(
    aFunction({ spec: inlineSpec({ scaling: { ...inlineSpec().scaling, schedules: [night] } }) }),
  );
  const at = (time: string, fn: CatnapFunction) =>
    planFunction({ ...settled({ fn }), fn }, settings, Date.parse(`2026-01-05T${time}Z`));
  /** What is planned at this time, with the status of before. */
  const next = (time: string, { writeStatus }: Plan, fn = nightly) =>
    at(time, { ...fn, status: writeStatus });
  const scheduledOf = ({ writeStatus }: Plan) =>
    writeStatus?.conditions?.find(({ type }) => type === 'Scheduled');
  const notes = ({ events }: Plan) =>
    events.filter(({ action }) => action === 'Schedule').map(({ reason }) => reason);

  it('open and close in the status, with an event each, and are looked at again in time', () => {
    const before = at('21:58:00', nightly);
    expect(before.writeStatus).toMatchObject({ minReplicas: 0, openSchedules: [] });
    expect(scheduledOf(before)).toMatchObject({ status: 'False', reason: 'ScheduleClosed' });
    expect(before.requeueAfterMs).toBe(120_000);
    expect(notes(before)).toEqual([]);
    const open = next('22:00:00', before);
    expect(open.writeStatus).toMatchObject({ minReplicas: 3, openSchedules: ['night'] });
    expect(scheduledOf(open)).toMatchObject({ status: 'True', reason: 'ScheduleOpened' });
    expect(notes(open)).toEqual(['ScheduleOpened']);
    const closed = next('00:00:00', open);
    expect(closed.writeStatus).toMatchObject({ minReplicas: 0, openSchedules: [] });
    expect(notes(closed)).toEqual(['ScheduleClosed']);
  });

  it('are right after a restart in the middle of a window, and after a missed opening', () => {
    expect(at('23:30:00', nightly).writeStatus).toMatchObject({ minReplicas: 3, openSchedules: ['night'] });
    const late = next('23:59:59', at('12:00:00', nightly));
    expect(late.writeStatus).toMatchObject({ minReplicas: 3, openSchedules: ['night'] });
    expect(late.requeueAfterMs).toBe(1_000);
  });

  it('are looked at every five minutes, because clocks are set and machines sleep', () => {
    expect(at('12:00:00', nightly).requeueAfterMs).toBe(300_000);
  });

  it('leave nothing in the status once they are taken out', () => {
    const open = at('22:00:00', nightly);
    const without = next('22:00:01', open, hello);
    expect(scheduledOf(without)).toBeUndefined();
    expect(without.writeStatus).not.toHaveProperty('minReplicas');
    expect(without.writeStatus).not.toHaveProperty('openSchedules');
    expect(notes(without)).toEqual(['ScheduleClosed']);
    expect(without.requeueAfterMs).toBeUndefined();
  });

  it('stay as they were while the function is paused', () => {
    const open = at('22:00:00', nightly);
    const metadata = { ...nightly.metadata, annotations: { 'catnap.dev/paused': 'true' } };
    const paused = next('00:00:00', open, { ...nightly, metadata });
    expect(paused.writeStatus).toMatchObject({ minReplicas: 3, openSchedules: ['night'] });
    expect(scheduledOf(paused)).toMatchObject({ reason: 'ScheduleOpened' });
    expect(notes(paused)).toEqual([]);
  });
});

describe('a world that is as it should be', () => {
  it('needs nothing', () => {
    expect(planFunction(settled(), settings, nowMs + 3_600_000)).toEqual({
      isNumbersOnly: false,
      replaceBlocked: [],
      replaceHeldBack: [],
      deleteConfigMaps: [],
      events: [],
    });
  });

  it('is put right when someone changed the Deployment', () => {
    const before = settled();
    const deployment = structuredClone(before.deployment);
    Object.assign(deployment?.spec?.template.spec?.containers[0] ?? {}, { image: 'evil' });
    expect(planFunction({ ...before, deployment }, settings, nowMs).applyDeployment).toBeDefined();
  });

  it('is put right when the ConfigMap is gone', () => {
    const made = planFunction({ ...settled(), codeConfigMap: undefined }, settings, nowMs);
    expect(made.applyCodeOf).toBeDefined();
    expect(made.applyDeployment).toBeUndefined();
  });

  it('does not mind the replicas, which are the scalers’', () => {
    const before = settled();
    const deployment = deploymentOf(before.fn, revision, 17);
    expect(planFunction({ ...before, deployment }, settings, nowMs).applyDeployment).toBeUndefined();
  });
});

describe('a Deployment that vanished', () => {
  it('comes back asleep when the code is known to load', () => {
    const made = planFunction({ ...settled(), deployment: undefined, pods: [] }, settings, nowMs);
    expect(made.applyDeployment?.sleepingFirst?.spec?.replicas).toBe(0);
  });

  it('comes back asleep when the code is known not to load', () => {
    const pods = [withContainer(aPod(revision), { state: { terminated: { exitCode: 78, message: 'no' } } })];
    const made = planFunction({ ...settled({ pods }), deployment: undefined, pods: [] }, settings, nowMs);
    expect(made.applyDeployment?.sleepingFirst?.spec?.replicas).toBe(0);
  });
});

describe('names that are taken', () => {
  const foreign = { metadata: { name: 'fn-hello', namespace: 'shop', ownerReferences: [] } };

  it.each([
    ['Deployment', { deployment: aDeployment(3, foreign) }],
    ['ConfigMap', { codeConfigMap: { metadata: { name: `fn-hello-${revision}` } } as ConfigMap }],
  ])('by a %s are left alone and reported', (kind, overrides) => {
    const made = plan(overrides);
    expect(made.applyDeployment).toBeUndefined();
    expect(made.applyCodeOf).toBeUndefined();
    expect(reasonOf(made)).toBe('NameConflict');
    expect(made.writeStatus).toMatchObject({ replicas: 0, readyReplicas: 0 });
    expect(made.events).toEqual([
      { type: 'Warning', reason: 'NameConflict', action: 'Reconcile', note: expect.stringContaining(kind) },
    ]);
    expect(made.requeueAfterMs).toBe(30_000);
  });

  it('by a deleted function of the same name are waited for', () => {
    const { ownerReferences } = aDeployment(1).metadata ?? {};
    const deployment = aDeployment(1, {
      metadata: { ownerReferences: ownerReferences?.map((reference) => ({ ...reference, uid: 'earlier' })) },
    });
    const made = plan({ deployment });
    expect(made.applyDeployment).toBeUndefined();
    expect(reasonOf(made)).toBe('Verifying');
    expect(made.requeueAfterMs).toBe(1_000);
  });
});

describe('code in a ConfigMap of the user', () => {
  const fn = aFunction({ spec: inlineSpec({ source: { configMap: { name: 'code' } } }) });
  const source = (content: string) => trimConfigMap({ data: { 'index.mjs': content } });

  it('is reported when missing, and nothing else is touched', () => {
    const made = plan({ fn });
    expect(reasonOf(made)).toBe('SourceMissing');
    expect(made.applyDeployment).toBeUndefined();
    expect(made.events[0]?.reason).toBe('SourceMissing');
  });

  it('rolls the pods when it changes', () => {
    const first = plan({ fn, sourceConfigMap: source('1') });
    const second = plan({ fn, sourceConfigMap: source('2') });
    expect(first.writeStatus?.revision).not.toBe(second.writeStatus?.revision);
    const deployment = first.applyDeployment?.full;
    expect(plan({ fn, sourceConfigMap: source('1'), deployment }).applyDeployment).toBeUndefined();
    expect(plan({ fn, sourceConfigMap: source('2'), deployment }).applyDeployment).toBeDefined();
  });

  it('counts all of its content and nothing else', () => {
    const hash = (configMap: ConfigMap) => contentHash(trimConfigMap(configMap));
    expect(hash({ data: { a: '1' } })).toBe(hash({ metadata: { labels: { x: 'y' } }, data: { a: '1' } }));
    expect(hash({ data: { a: '1' } })).not.toBe(hash({ binaryData: { a: '1' } }));
    expect(hash({ data: { a: '1' } })).not.toBe(hash({ data: { b: '1' } }));
  });
});

describe('inline code', () => {
  it('is compared by digests, whatever its paths', () => {
    const files = { 'lib/a_b.mjs': '1', 'index.mjs': '2' };
    const fn = aFunction({ spec: inlineSpec({ source: { inline: { files } } }) });
    const digests = digestSource(fn).spec.source?.inline?.files ?? {};
    expect(JSON.stringify(digests)).not.toContain('"1"');
    expect(inlineContentHash(digests)).toBe(contentHash(trimConfigMap(inlineConfigMap(fn, files, 'r'))));
  });
});

describe('a paused function', () => {
  const metadata = { name: 'hello', namespace: 'shop', annotations: { 'catnap.dev/paused': 'true' } };

  it('keeps its children as they are, wrong or missing', () => {
    const fn = digestSource(aFunction({ metadata }));
    const blocked = withContainer(aPod('old'), { state: { terminated: { exitCode: 124 } } });
    const made = plan({ fn, deployment: undefined, pods: [blocked] });
    expect(made.applyDeployment).toBeUndefined();
    expect(made.applyCodeOf).toBeUndefined();
    expect(made).toMatchObject({ replaceBlocked: [], replaceHeldBack: [] });
    expect(reasonOf(made)).toBe('Paused');
    expect(made.events.map(({ reason }) => reason)).toEqual(['Paused']);
  });
});

describe('a blocked pod', () => {
  it('is deleted, with an event that says why', () => {
    const message = '{"reason":"Blocked","message":"a call ran for 31 s"}';
    const pod = withContainer(aPod(revision), { state: { terminated: { exitCode: 124, message } } });
    expect(planFunction({ ...settled(), pods: [pod] }, settings, nowMs).replaceBlocked).toEqual([pod]);
    expect(podReplacedEvent(pod)).toEqual({
      type: 'Warning',
      reason: 'PodReplaced',
      action: 'Replace',
      note: 'Pod fn-hello-abc is replaced, a call blocked it beyond its timeout: a call ran for 31 s',
    });
  });
});

describe('a pod from a pool', () => {
  const asleep = deploymentOf(hello, revision, 0);

  it('counts as a replica', () => {
    const status = (pods: World['pods']) =>
      planFunction({ ...settled(), deployment: asleep, pods }, settings, nowMs).writeStatus;
    // Nothing to write: with a pod of its own the status was the same.
    expect(status([aBorrowedPod(revision)])).toBeUndefined();
    expect(status([aBorrowedPod(revision, { ready: false })])).toMatchObject({
      replicas: 1,
      readyReplicas: 0,
    });
    expect(status([aBorrowedPod(revision, { ready: false })])?.conditions?.[1]?.reason).toBe('Starting');
    expect(status([])?.conditions?.[1]?.reason).toBe('Asleep');
  });

  it('is given up when a call blocks it: nothing takes its place by itself', () => {
    const ended = { state: { terminated: { exitCode: 124, message: 'a call ran for 31 s' } } };
    const pod = withContainer(aBorrowedPod(revision), ended);
    expect(planFunction({ ...settled(), pods: [pod] }, settings, nowMs).replaceBlocked).toEqual([pod]);
    expect(podReplacedEvent(pod).note).toMatch(/^Pod warm-1 is given up, a call blocked it/);
  });

  it('fails to load like any other', () => {
    const ended = { state: { terminated: { exitCode: 78, message: 'no' } } };
    const pods = [withContainer(aBorrowedPod(revision, { ready: false }), ended)];
    expect(reasonOf(planFunction({ ...settled(), deployment: asleep, pods }, settings, nowMs))).toBe(
      'LoadFailed',
    );
  });
});

describe('a pod that ran out of memory', () => {
  const lastState = { terminated: { exitCode: 137, reason: 'OOMKilled' } };
  const heldBack = { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState };
  const started = { state: { running: {} }, lastState };
  const replaced = (status: typeof heldBack | typeof started, rev = revision) => {
    const pod = withContainer(aPod(rev), status);
    return planFunction({ ...settled(), pods: [pod] }, settings, nowMs).replaceHeldBack.includes(pod);
  };

  it('is replaced when Kubernetes delays its next start, if its revision is known to load', () => {
    expect(replaced(heldBack)).toBe(true);
    expect(replaced(started)).toBe(false);
    expect(replaced(heldBack, 'other')).toBe(false);
    const pods = [withContainer(aPod(revision), heldBack)];
    expect(plan({ pods, deployment: deploymentOf(hello) }).replaceHeldBack).toEqual([]);
  });

  it('is replaced with an event that says why', () => {
    expect(podReplacedEvent(withContainer(aPod(revision), heldBack)).note).toBe(
      'Pod fn-hello-abc is replaced, it ran out of memory again and Kubernetes delays its next start.',
    );
  });
});

describe('a Deployment that cannot make pods', () => {
  const refused = (message: string, replicas = 1) => {
    const deployment = deploymentOf(hello, revision, replicas);
    const conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }];
    const before = settled();
    return planFunction(
      { ...before, deployment: { ...deployment, status: { conditions } }, pods: [] },
      settings,
      nowMs,
    );
  };
  const message =
    'pods "fn-hello-856b495f65-k4j5h" is forbidden: exceeded quota: small, requested: limits.memory=150Mi, used: limits.memory=0, limited: limits.memory=100Mi';

  it('is reported with cause and remedy', () => {
    const made = refused(message);
    expect(reasonOf(made)).toBe('StartFailed');
    expect(made.events[0]?.note).toBe(
      'The container does not start: Kubernetes refuses its pods: exceeded quota: small, requested: limits.memory=150Mi, used: limits.memory=0, limited: limits.memory=100Mi. Raise that ResourceQuota, free some of it, or lower spec.resources or scaling.maxReplicas.',
    );
  });

  it.each([
    ['it sleeps', message, 0],
    [
      'the namespace is just being set up',
      'error looking up service account shop/default: serviceaccount "default" not found',
      1,
    ],
  ])('is none while %s', (_, text, replicas) => {
    expect(refused(text, replicas).events).toEqual([]);
  });
});

describe('ConfigMaps of old revisions', () => {
  const fn = aFunction();
  const old = (name: string, day: number): ConfigMap => {
    const configMap = inlineConfigMap(fn, files, name);
    return trimConfigMap({
      ...configMap,
      metadata: { ...configMap.metadata, creationTimestamp: `2026-01-0${day}T00:00:00Z` },
    });
  };
  const labelledConfigMaps = [
    old('r1', 1),
    old('r3', 3),
    codeOf(fn),
    old('r2', 2),
    old('r4', 4),
    old('r5', 5),
  ];
  const names = ({ deleteConfigMaps }: Plan) => deleteConfigMaps.map(({ metadata }) => metadata?.name);
  const cleanUp = (overrides: Partial<World>) =>
    names(planFunction({ ...settled(), labelledConfigMaps, ...overrides }, settings, nowMs));

  it('go, but for the last two and those in use', () => {
    expect(cleanUp({ replicaSetRevisions: new Set(['r2']) })).toEqual(['fn-hello-r3', 'fn-hello-r1']);
    expect(
      cleanUp({ replicaSetRevisions: new Set(), pods: [aPod(revision, { ready: true }), aPod('r1')] }),
    ).toEqual(['fn-hello-r3', 'fn-hello-r2']);
  });

  it('stay while nobody asked who uses them', () => {
    expect(cleanUp({ replicaSetRevisions: undefined })).toEqual([]);
  });
});

describe('the part of the status that tells of triggers', () => {
  it('is not for this plan to write, nor a reason to write the rest', () => {
    const { fn, ...rest } = settled();
    const status = { ...fn.status, triggers: { digest: 'd', list: [] } };
    expect(planFunction({ ...rest, fn: { ...fn, status } }, settings, nowMs).writeStatus).toBeUndefined();
    const asleep = planFunction({ ...rest, pods: [], fn: { ...fn, status } }, settings, nowMs);
    expect(asleep.writeStatus).not.toHaveProperty('triggers');
  });
});

describe('a Deployment that the API server refuses', () => {
  it('is reported in the status, once', () => {
    const refusal = startFailed('Kubernetes refuses its objects: limits too low', 0);
    const made = plan({ refusal });
    expect(reasonOf(made)).toBe('StartFailed');
    expect(made.events.map(({ reason }) => reason)).toEqual(['StartFailed']);
    const again = plan({ refusal, fn: { ...hello, status: made.writeStatus } });
    expect(again.writeStatus).toBeUndefined();
    expect(again.events).toEqual([]);
  });
});
