import type { Container, Pod } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import type { Sources } from '#kube/env/sources.ts';
import type { PodFacts } from './downward.ts';
import { resolveEnvironment } from './environment.ts';
import { parseQuantity } from './quantity.ts';

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
  configMap: () => undefined,
  secret: (name) => (name === 'sec' ? { data: { a: base64('s') } } : undefined),
};
const resolve = (container: Partial<Container>) =>
  resolveEnvironment({ name: 'main', ...container }, pod, facts, sources);
const one = (variable: object) => resolve({ env: [{ name: 'X', ...variable }] }).X;

describe('resolveEnvironment', () => {
  it.each([
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
    [{ secretKeyRef: { name: 'none', key: 'a' } }, 'secret "none" not found'],
    [{ fieldRef: { fieldPath: 'spec.nothing' } }, '"spec.nothing" is not supported'],
    [{ resourceFieldRef: { resource: 'limits.cpu', containerName: 'z' } }, '"z" is not a container'],
  ])('says what is wrong with %j', (valueFrom, message) => expect(() => one({ valueFrom })).toThrow(message));

  it('rounds resources up to whole divisors', () => {
    const resources = { limits: { cpu: '1500m', memory: '100Mi' } };
    const ref = (resource: string, divisor?: string) =>
      resolve({ resources, env: [{ name: 'X', valueFrom: { resourceFieldRef: { resource, divisor } } }] }).X;
    expect(ref('limits.cpu')).toBe('2');
    expect(ref('limits.cpu', '1m')).toBe('1500');
    expect(ref('limits.memory')).toBe(String(100 * 2 ** 20));
  });
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
