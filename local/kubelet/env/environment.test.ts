import type { Container, Pod } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import type { PodFacts } from './downward.ts';
import { resolveEnvironment } from './environment.ts';
import { expandReferences } from './expand.ts';
import { parseQuantity } from './quantity.ts';
import type { Sources } from './sources.ts';

const facts: PodFacts = {
  nodeName: 'here',
  hostIp: '127.0.0.1',
  podIp: '127.64.0.1',
  capacity: { cpu: 4, memoryBytes: 8 * 2 ** 30 },
};
const pod: Pod = {
  metadata: { name: 'web', namespace: 'shop', uid: 'u', labels: { 'a/b': 'c' }, annotations: { note: 'x' } },
  spec: { containers: [], serviceAccountName: 'robot' },
};
const base64 = (text: string) => Buffer.from(text).toString('base64');
const sources: Sources = {
  configMap: (name) =>
    name === 'cm' ? { data: { a: '1', b: '2' }, binaryData: { c: base64('3') } } : undefined,
  secret: (name) => (name === 'sec' ? { data: { a: base64('s') } } : undefined),
};
const resolve = (container: Partial<Container>) =>
  resolveEnvironment({ name: 'main', ...container }, pod, facts, sources);
const one = (variable: object) => resolve({ env: [{ name: 'X', ...variable }] }).X;

describe('resolveEnvironment', () => {
  it('takes envFrom with prefix first, so that env wins', () => {
    expect(
      resolve({
        envFrom: [{ prefix: 'P_', configMapRef: { name: 'cm' } }, { secretRef: { name: 'sec' } }],
        env: [{ name: 'a', value: 'own' }],
      }),
    ).toEqual({ P_a: '1', P_b: '2', a: 'own' });
  });

  it.each([
    [{ configMapKeyRef: { name: 'cm', key: 'a' } }, '1'],
    [{ configMapKeyRef: { name: 'cm', key: 'c' } }, '3'],
    [{ secretKeyRef: { name: 'sec', key: 'a' } }, 's'],
    [{ fieldRef: { fieldPath: 'metadata.name' } }, 'web'],
    [{ fieldRef: { fieldPath: "metadata.labels['a/b']" } }, 'c'],
    [{ fieldRef: { fieldPath: "metadata.annotations['none']" } }, ''],
    [{ fieldRef: { fieldPath: 'spec.serviceAccountName' } }, 'robot'],
    [{ fieldRef: { fieldPath: 'status.podIP' } }, '127.64.0.1'],
    [{ resourceFieldRef: { resource: 'limits.cpu' } }, '4'],
    [{ resourceFieldRef: { resource: 'limits.memory', divisor: '1Gi' } }, '8'],
    [{ resourceFieldRef: { resource: 'requests.memory' } }, '0'],
  ])('resolves %j', (valueFrom, expected) => expect(one({ valueFrom })).toBe(expected));

  it.each([
    [{ configMapKeyRef: { name: 'none', key: 'a' } }, 'configmap "none" not found'],
    [{ configMapKeyRef: { name: 'cm', key: 'z' } }, `couldn't find key "z" in configmap "cm"`],
    [{ secretKeyRef: { name: 'none', key: 'a' } }, 'secret "none" not found'],
    [{ fieldRef: { fieldPath: 'spec.nothing' } }, '"spec.nothing" is not supported'],
    [{ resourceFieldRef: { resource: 'limits.cpu', containerName: 'z' } }, '"z" is not a container'],
  ])('says what is wrong with %j', (valueFrom, message) => expect(() => one({ valueFrom })).toThrow(message));

  it('leaves optional variables out', () => {
    expect(resolve({ envFrom: [{ secretRef: { name: 'none', optional: true } }] })).toEqual({});
    expect(one({ valueFrom: { secretKeyRef: { name: 'none', key: 'a', optional: true } } })).toBeUndefined();
  });

  it('rounds resources up to whole divisors', () => {
    const resources = { limits: { cpu: '1500m', memory: '100Mi' } };
    const ref = (resource: string, divisor?: string) =>
      resolve({ resources, env: [{ name: 'X', valueFrom: { resourceFieldRef: { resource, divisor } } }] }).X;
    expect(ref('limits.cpu')).toBe('2');
    expect(ref('limits.cpu', '1m')).toBe('1500');
    expect(ref('limits.memory')).toBe(String(100 * 2 ** 20));
  });

  it('lets a variable refer to earlier ones of env only', () => {
    const env = [
      { name: 'A', value: 'x' },
      { name: 'B', value: '$(A)-$(C)-$$(A)' },
      { name: 'C', value: 'late' },
    ];
    expect(resolve({ env }).B).toBe('x-$(C)-$(A)');
  });
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

describe('parseQuantity', () => {
  it.each([
    ['128Mi', 134_217_728],
    ['250m', 0.25],
    ['1.5G', 1.5e9],
    ['1e3', 1_000],
    ['2', 2],
    ['1Xi', undefined],
    ['', undefined],
    ['-', undefined],
  ])('%s → %s', (text, expected) => expect(parseQuantity(text)).toBe(expected));
});
