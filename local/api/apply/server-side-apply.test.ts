import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinSchema, type JSONSchema, type KubeObject } from '../schema/index.ts';
import { ApplyConflict, ApplyError, type ManagedFieldsEntry, serverSideApply, trackUpdate } from './index.ts';

const schema = builtinSchema('apps', 'v1', 'Deployment') as JSONSchema;
const T1 = '2026-01-01T00:00:01Z';
const T2 = '2026-01-01T00:00:02Z';

type Deployment = KubeObject & {
  metadata: { managedFields: ManagedFieldsEntry[] };
  spec: Record<string, unknown>;
};

function deployment(spec: object, metadata: object = {}): KubeObject {
  return { ...bare, metadata: { name: 'd', ...metadata }, spec };
}

const bare: KubeObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' } };

interface Options {
  manager?: string;
  force?: boolean;
  now?: string;
  subresource?: string;
}

function apply(live: KubeObject | undefined, applied: KubeObject, options: Options = {}): Deployment {
  const { manager = 'a', force = false, now = T1, subresource } = options;
  const input = { live, applied, schema, manager, force, now, ...(subresource ? { subresource } : {}) };
  return serverSideApply(input).object as Deployment;
}

function update(before: KubeObject | undefined, after: KubeObject, manager = 'u', now = T1): Deployment {
  return trackUpdate({ ...(before ? { before } : {}), after, schema, manager, now }) as Deployment;
}

function owners(object: Deployment): Record<string, unknown> {
  return Object.fromEntries(object.metadata.managedFields.map((entry) => [entry.manager, entry.fieldsV1]));
}

function conflictOf(attempt: () => unknown): ApplyConflict {
  try {
    attempt();
  } catch (error) {
    if (error instanceof ApplyConflict) return error;
    throw error;
  }
  throw new Error('expected a conflict');
}

const containers = (...list: object[]) => ({ template: { spec: { containers: list } } });

/** All scalars but null within a value. */
function leaves(value: unknown): unknown[] {
  if (typeof value !== 'object') return value === undefined ? [] : [value];
  return Object.values(value ?? {}).flatMap(leaves);
}

describe('serverSideApply: ownership', () => {
  it('creates an object that belongs to its applier', () => {
    const object = apply(undefined, deployment({ replicas: 1 }, { labels: { x: 'y' } }));
    expect(object.metadata.managedFields).toEqual([
      {
        manager: 'a',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        time: T1,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:metadata': { 'f:labels': { 'f:x': {} } }, 'f:spec': { 'f:replicas': {} } },
      },
    ]);
  });

  it('removes what the applier applied before and does not now', () => {
    const live = apply(undefined, deployment({ replicas: 1, paused: true }));
    expect(apply(live, deployment({ replicas: 1 })).spec).toEqual({ replicas: 1 });
  });

  it('keeps what someone else owns too', () => {
    let live = apply(undefined, deployment({ replicas: 1 }));
    live = apply(live, deployment({ replicas: 1 }), { manager: 'b' });
    live = apply(live, bare);
    expect(live.spec).toEqual({ replicas: 1 });
    expect(Object.keys(owners(live))).toEqual(['b']);
    expect(apply(live, bare, { manager: 'b' }).spec ?? null).toBeNull();
  });

  it('owns items of list-maps by their keys, with defaults for absent keys', () => {
    const ports = [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }];
    const live = apply(undefined, deployment(containers({ name: 'x', ports })));
    const container = '{"f:template":{"f:spec":{"f:containers":{"k:{\\"name\\":\\"x\\"}":';
    const text = JSON.stringify(owners(live).a);
    expect(text).toContain(container);
    expect(text).toContain('"k:{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"}"');
    expect(text).toContain('"k:{\\"containerPort\\":80,\\"protocol\\":\\"UDP\\"}"');
  });

  it('owns sets by value and atomic fields as one', () => {
    const spec = { selector: { matchLabels: { a: 'b' } } };
    const live = apply(undefined, deployment(spec, { finalizers: ['x/y'] }));
    expect(owners(live).a).toEqual({
      'f:metadata': { 'f:finalizers': { 'v:"x/y"': {} } },
      'f:spec': { 'f:selector': {} },
    });
  });

  it('merges lists of several appliers in the order each of them gave', () => {
    let live = apply(undefined, deployment(containers({ name: 'a' }, { name: 'b' }, { name: 'c' })));
    live = apply(live, deployment(containers({ name: 'c' }, { name: 'x' }, { name: 'a' })), { manager: 'b' });
    const names = (live.spec as { template: { spec: { containers: { name: string }[] } } }).template.spec
      .containers;
    expect(names.map(({ name }) => name)).toEqual(['b', 'c', 'x', 'a']);
  });

  it('gives a manager of its own to fields that nobody tracked', () => {
    const live = deployment({ replicas: 3, paused: true });
    const object = apply(live, deployment({ replicas: 3 }));
    expect(Object.keys(owners(object)).sort()).toEqual(['a', 'before-first-apply']);
  });
});

describe('serverSideApply: conflicts', () => {
  it('names the manager and the field', () => {
    const live = update(undefined, deployment({ replicas: 1 }), 'kubectl-client-side-apply');
    const conflict = conflictOf(() => apply(live, deployment({ replicas: 2 })));
    expect(conflict.message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas',
    );
    expect(conflict.conflicts).toEqual([
      {
        manager: 'kubectl-client-side-apply',
        field: '.spec.replicas',
        message: 'conflict with "kubectl-client-side-apply" using apps/v1',
      },
    ]);
  });

  it('lists several fields by manager', () => {
    let live = apply(undefined, deployment({ replicas: 1, ...containers({ name: 'x', image: '1' }) }), {
      manager: 'b',
    });
    live = apply(live, deployment({ paused: true }), { manager: 'c' });
    const wanted = deployment({ replicas: 2, paused: false, ...containers({ name: 'x', image: '2' }) });
    expect(conflictOf(() => apply(live, wanted)).message).toBe(
      'Apply failed with 3 conflicts: conflicts with "b":\n- .spec.replicas\n' +
        '- .spec.template.spec.containers[name="x"].image\nconflicts with "c":\n- .spec.paused',
    );
  });

  it('takes fields over when forced', () => {
    const live = apply(undefined, deployment({ replicas: 1, paused: true }), { manager: 'b' });
    const object = apply(live, deployment({ replicas: 2 }), { force: true });
    expect(object.spec).toEqual({ replicas: 2, paused: true });
    expect(owners(object)).toEqual({
      a: { 'f:spec': { 'f:replicas': {} } },
      b: { 'f:spec': { 'f:paused': {} } },
    });
  });

  it('lets kubectl take over what its client-side apply had set, and no more', () => {
    const config = deployment({ replicas: 1, ...containers({ name: 'x', image: '1' }) });
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(config) };
    const stored = { ...config, metadata: { name: 'd', annotations } };
    const live = update(undefined, stored, 'kubectl-client-side-apply');
    const wanted = deployment({ replicas: 2, ...containers({ name: 'x', image: '2' }) });
    expect(() => apply(live, wanted, { manager: 'other' })).toThrow(ApplyConflict);
    const object = apply(live, wanted, { manager: 'kubectl' });
    expect(object.spec).toEqual(wanted.spec);
    const kept = (object.metadata as { annotations?: Record<string, string> }).annotations ?? {};
    expect(JSON.parse(Object.values(kept)[0] ?? '')).toEqual(wanted);

    const scaled = update(object, { ...object, spec: { ...object.spec, replicas: 9 } }, 'hpa');
    expect(() => apply(scaled, wanted, { manager: 'kubectl' })).toThrow(
      'Apply failed with 1 conflict: conflict with "hpa" using apps/v1: .spec.replicas',
    );
  });

  it('says through which subresource a field was set', () => {
    const status = { ...deployment({}), status: { replicas: 1 } };
    const live = trackUpdate({ after: status, schema, manager: 'c', now: T1, subresource: 'status' });
    const conflict = conflictOf(() =>
      apply(live, { ...status, status: { replicas: 2 } }, { subresource: 'status' }),
    );
    expect(conflict.message).toContain(
      'conflict with "c" with subresource "status" using apps/v1: .status.replicas',
    );
  });
});

describe('serverSideApply: no-ops and refusals', () => {
  it('changes nothing, not even the time, when nothing changes', () => {
    const live = apply(undefined, deployment({ replicas: 1 }));
    expect(apply(live, deployment({ replicas: 1 }), { now: T2 })).toEqual(live);
  });

  it('tells the time of a change', () => {
    const live = apply(undefined, deployment({ replicas: 1 }));
    expect(apply(live, deployment({ replicas: 2 }), { now: T2 }).metadata.managedFields[0]?.time).toBe(T2);
  });

  it('ignores status on the object, and spec on its status', () => {
    const object = { ...deployment({ replicas: 1 }), status: { replicas: 1 } };
    expect(owners(apply(undefined, object))).toEqual({ a: { 'f:spec': { 'f:replicas': {} } } });
    expect(owners(apply(undefined, object, { subresource: 'status' }))).toEqual({
      a: { 'f:status': { 'f:replicas': {} } },
    });
  });

  it('owns replicas alone when applied to scale', () => {
    const object = apply(apply(undefined, deployment({ paused: true })), deployment({ replicas: 2 }), {
      manager: 'scaler',
      subresource: 'scale',
    });
    expect(object.spec).toEqual({ paused: true, replicas: 2 });
    expect(object.metadata.managedFields.find(({ manager }) => manager === 'scaler')).toMatchObject({
      operation: 'Apply',
      subresource: 'scale',
      fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    });
  });

  it.each([
    ['managedFields', deployment({}, { managedFields: [] }), 400, 'metadata.managedFields must be nil'],
    ['an unknown field', deployment({ foo: 1 }), 500, '.spec.foo: field not declared in schema'],
    [
      'a wrong type',
      deployment({ replicas: 'x' }),
      500,
      '.spec.replicas: expected numeric (int or float), got string',
    ],
    [
      'repeated items',
      deployment(containers({ name: 'a' }, { name: 'a' })),
      500,
      'duplicate entries for key [name="a"]',
    ],
    [
      'another version',
      { ...deployment({}), apiVersion: 'apps/v2' },
      400,
      'Incorrect version specified in apply patch',
    ],
  ])('refuses %s', (_name, applied, status, message) => {
    const attempt = () => apply(deployment({}), applied);
    expect(attempt).toThrow(ApplyError);
    expect(attempt).toThrow(expect.objectContaining({ status, message: expect.stringContaining(message) }));
  });

  const specs = fc.record(
    {
      replicas: fc.nat(3),
      paused: fc.boolean(),
      template: fc.record({
        spec: fc.record({
          containers: fc.uniqueArray(
            fc.record(
              { name: fc.constantFrom('a', 'b', 'c'), image: fc.constantFrom('1', '2') },
              { requiredKeys: ['name'] },
            ),
            { selector: ({ name }) => name, minLength: 1 },
          ),
        }),
      }),
    },
    { requiredKeys: [] },
  );

  it('leaves a map empty, not null, when its last field goes and the map itself is still applied', () => {
    const live = apply(apply(undefined, deployment({ replicas: 0 })), deployment({}));
    expect(live.spec).toEqual({});
    expect(apply(live, deployment({}), { now: T2 })).toEqual(live);
  });

  it('is idempotent after any history, and leaves its inputs alone', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), specs), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(steps, (history) => {
        let live: Deployment | undefined;
        for (const [manager, spec] of history) {
          const applied = deployment(spec);
          const inputs = structuredClone([live, applied]);
          live = apply(live, applied, { manager, force: true });
          expect([inputs[1]]).toEqual([applied]);
          expect(apply(live, applied, { manager, now: T2 })).toEqual(live);
        }
      }),
    );
  });

  it('leaves no field behind that nobody owns', () => {
    fc.assert(
      fc.property(specs, specs, (first, second) => {
        let live = apply(undefined, deployment(first));
        live = apply(live, deployment(second), { manager: 'b', force: true });
        live = apply(live, bare, { manager: 'b' });
        live = apply(live, bare);
        expect(live.metadata.managedFields).toBeUndefined();
        expect(leaves(live.spec)).toEqual([]);
      }),
    );
  });
});
