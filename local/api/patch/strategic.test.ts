import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinSchema, type JSONSchema } from '../schema/index.ts';
import { PatchError, strategicMergePatch } from './index.ts';

const schema = builtinSchema('apps', 'v1', 'Deployment') as JSONSchema;

function deployment(podSpec: object, spec: object = {}) {
  return { metadata: { name: 'd' }, spec: { ...spec, template: { spec: podSpec } } };
}

function patched(podSpec: object, patch: object) {
  const result = strategicMergePatch(deployment(podSpec), deployment(patch), schema) as ReturnType<
    typeof deployment
  >;
  return result.spec.template.spec;
}

const a = { name: 'a', image: 'a:1' };
const b = { name: 'b', image: 'b:1' };

describe('strategicMergePatch', () => {
  it('merges lists by key and puts new items first', () => {
    const result = patched(
      { containers: [a, b] },
      { containers: [{ name: 'b', image: 'b:2' }, { name: 'c' }] },
    );
    expect(result).toEqual({ containers: [a, { name: 'b', image: 'b:2' }, { name: 'c' }] });
  });

  it('deletes an item by its key', () => {
    expect(patched({ containers: [a, b] }, { containers: [{ name: 'a', $patch: 'delete' }] })).toEqual({
      containers: [b],
    });
  });

  it('replaces a list on demand', () => {
    const patch = { containers: [{ $patch: 'replace' }, { name: 'c' }] };
    expect(patched({ containers: [a, b] }, patch)).toEqual({ containers: [{ name: 'c' }] });
  });

  it('replaces and empties maps on demand', () => {
    const before = { nodeSelector: { a: '1' }, securityContext: { runAsUser: 1, runAsGroup: 2 } };
    const patch = { nodeSelector: { $patch: 'delete' }, securityContext: { $patch: 'replace', fsGroup: 3 } };
    expect(patched(before, patch)).toEqual({ nodeSelector: {}, securityContext: { fsGroup: 3 } });
  });

  it('replaces lists without a merge key', () => {
    const before = { containers: [{ name: 'a', command: ['x', 'y'] }], tolerations: [{ key: 'a' }] };
    const patch = { containers: [{ name: 'a', command: ['z'] }], tolerations: [{ key: 'b' }] };
    expect(patched(before, patch)).toEqual(patch);
  });

  it('keeps only the named keys of a union', () => {
    const patch = { volumes: [{ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'c' } }] };
    expect(patched({ volumes: [{ name: 'v', emptyDir: {} }] }, patch)).toEqual({
      volumes: [{ name: 'v', configMap: { name: 'c' } }],
    });
  });

  it('orders a list as the patch says, and keeps what only the server has in its place', () => {
    const patch = {
      '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }],
      containers: [{ name: 'c' }],
    };
    expect(patched({ containers: [a, b] }, patch)).toEqual({ containers: [{ name: 'c' }, a, b] });
  });

  it('adds to and deletes from lists of scalars', () => {
    const doc = { metadata: { finalizers: ['x/a', 'x/b'] } };
    expect(strategicMergePatch(doc, { metadata: { finalizers: ['x/c'] } }, schema)).toEqual({
      metadata: { finalizers: ['x/c', 'x/a', 'x/b'] },
    });
    const patch = { metadata: { '$deleteFromPrimitiveList/finalizers': ['x/a'] } };
    expect(strategicMergePatch(doc, patch, schema)).toEqual({ metadata: { finalizers: ['x/b'] } });
  });

  it('takes null for "absent", also in what is new', () => {
    const result = strategicMergePatch(
      { spec: { replicas: 1, paused: true } },
      { spec: { paused: null, strategy: { type: 'Recreate', rollingUpdate: null } } },
      schema,
    );
    expect(result).toEqual({ spec: { replicas: 1, strategy: { type: 'Recreate' } } });
  });

  it.each([
    [
      'an item without its key',
      { containers: [{ image: 'x' }] },
      500,
      'does not contain declared merge key: name',
    ],
    ['an unknown directive', { securityContext: { $patch: 'foo' } }, 500, 'unknown patch type: foo'],
    [
      'bad $retainKeys',
      { volumes: [{ name: 'v', $retainKeys: ['name'], secret: {} }] },
      400,
      'invalid patch format of retainKeys',
    ],
    [
      'items out of the stated order',
      {
        '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }],
        containers: [{ name: 'a' }, { name: 'b' }],
      },
      500,
      "doesn't match $setElementOrder list",
    ],
    ['lists of lists', { containers: [['a']] }, 422, 'lists of lists are not supported'],
  ])('refuses %s', (_name, patch, status, message) => {
    const attempt = () =>
      patched({ containers: [a, b], securityContext: {}, volumes: [{ name: 'v' }] }, patch);
    expect(attempt).toThrow(PatchError);
    expect(attempt).toThrow(expect.objectContaining({ status, message: expect.stringContaining(message) }));
  });

  it('changes nothing more when applied again', () => {
    const containers = fc.uniqueArray(
      fc.record(
        { name: fc.constantFrom('a', 'b', 'c', 'd'), image: fc.constantFrom('1', '2') },
        { requiredKeys: ['name'] },
      ),
      { selector: ({ name }) => name },
    );
    fc.assert(
      fc.property(containers, containers, (before, patch) => {
        const once = patched({ containers: before }, { containers: patch });
        expect(patched(once, { containers: patch })).toEqual(once);
      }),
    );
  });
});
