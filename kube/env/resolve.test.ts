import type { Container } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { expandReferences } from './expand.ts';
import { resolveVariables } from './resolve.ts';
import { environmentSources, type Sources } from './sources.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const sources: Sources = {
  configMap: (name) =>
    name === 'cm' ? { data: { a: '1', b: '2' }, binaryData: { c: base64('3') } } : undefined,
  secret: (name) => (name === 'sec' ? { data: { a: base64('s') } } : undefined),
};
type Variables = Pick<Container, 'env' | 'envFrom'>;
const resolve = (variables: Variables) => resolveVariables(variables, sources);
const one = (valueFrom: object) => resolve({ env: [{ name: 'X', valueFrom }] }).X;

describe('resolveVariables', () => {
  it('takes envFrom with prefix first, so that env wins', () => {
    expect(
      resolve({
        envFrom: [{ prefix: 'P_', configMapRef: { name: 'cm' } }, { secretRef: { name: 'sec' } }],
        env: [{ name: 'a', value: 'own' }],
      }),
    ).toEqual({ P_a: '1', P_b: '2', a: 'own' });
  });

  it('leaves out what envFrom names in no way that an environment can have', () => {
    const from = (prefix: string) =>
      Object.keys(resolve({ envFrom: [{ prefix, secretRef: { name: 'sec' } }] }));
    expect(['1.', 'a b', 'A=', 'ä'].map(from)).toEqual([['1.a'], ['a ba'], [], []]);
  });

  it.each([
    [{ configMapKeyRef: { name: 'cm', key: 'a' } }, '1'],
    [{ secretKeyRef: { name: 'sec', key: 'a' } }, 's'],
  ])('resolves %j', (valueFrom, expected) => expect(one(valueFrom)).toBe(expected));

  it.each([
    [{ configMapKeyRef: { name: 'none', key: 'a' } }, 'configmap "none" not found'],
    [{ configMapKeyRef: { name: 'cm', key: 'z' } }, `couldn't find key "z" in configmap "cm"`],
    [{ configMapKeyRef: { name: 'cm', key: 'c' } }, `couldn't find key "c" in configmap "cm"`],
    [{ secretKeyRef: { name: 'none', key: 'a' } }, 'secret "none" not found'],
    [{ secretKeyRef: { name: 'sec', key: 'z' } }, `couldn't find key "z" in secret "sec"`],
    [{ fieldRef: { fieldPath: 'metadata.name' } }, 'env X: this kind of valueFrom is not supported'],
  ])('says what is wrong with %j', (valueFrom, message) => expect(() => one(valueFrom)).toThrow(message));

  it('leaves optional variables out', () => {
    expect(resolve({ envFrom: [{ secretRef: { name: 'none', optional: true } }] })).toEqual({});
    expect(one({ secretKeyRef: { name: 'none', key: 'a', optional: true } })).toBeUndefined();
    const ref = { configMapKeyRef: { name: 'cm', key: 'z', optional: true } };
    const envFrom = [{ configMapRef: { name: 'cm' } }];
    expect(resolve({ envFrom, env: [{ name: 'a', valueFrom: ref }] }).a).toBe('1');
  });

  it('lets a variable refer to those of envFrom and to earlier ones', () => {
    const env = [
      { name: 'A', value: 'x' },
      { name: 'B', value: '$(A)-$(C)-$$(A)-$(b)' },
      { name: 'C', value: 'late' },
    ];
    expect(resolve({ env, envFrom: [{ configMapRef: { name: 'cm' } }] }).B).toBe('x-$(C)-$(A)-2');
  });

  it('asks elsewhere for what comes from neither ConfigMaps nor Secrets', () => {
    const env = [{ name: 'X', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }];
    expect(resolveVariables({ env }, sources, ({ name }) => `${name}!`)).toEqual({ X: 'X!' });
  });
});

it('finds every source of an environment', () => {
  const variables: Variables = {
    env: [
      { name: 'A', value: 'x' },
      { name: 'B', valueFrom: { secretKeyRef: { name: 's1', key: 'k' } } },
      { name: 'C', valueFrom: { configMapKeyRef: { name: 'c1', key: 'k' } } },
    ],
    envFrom: [{ secretRef: { name: 's2' } }, { configMapRef: { name: 'c2' } }],
  };
  const names = (kind: string) =>
    environmentSources(variables)
      .filter((ref) => ref.kind === kind)
      .map(({ name }) => name);
  expect([names('ConfigMap'), names('Secret')]).toEqual([
    ['c1', 'c2'],
    ['s1', 's2'],
  ]);
});

describe('expandReferences', () => {
  it.each([
    ['$(A)', 'x'],
    ['$$', '$'],
    ['$$$(A)', '$x'],
    ['$(NONE) $A', '$(NONE) $A'],
    ['$(constructor)', '$(constructor)'],
    ['$(A', '$(A'],
  ])('%s → %s', (text, expected) => expect(expandReferences(text, { A: 'x' })).toBe(expected));
});
