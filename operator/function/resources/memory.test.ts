import { describe, expect, it } from 'vitest';
import type { FunctionSpec } from '#crds/function/types.ts';
import { aFunction, inlineSpec } from '../fixtures.ts';
import { containerEnvironment } from './environment.ts';
import { containerResources, heapMebibytes, memoryLimit } from './memory.ts';

const withResources = (resources: FunctionSpec['resources'], rest: Partial<FunctionSpec> = {}) =>
  aFunction({ spec: inlineSpec({ resources, ...rest }) });

describe('containerResources', () => {
  it.each<[string, FunctionSpec['resources'], object]>([
    [
      'a limit and small requests when nothing is said',
      {},
      { limits: { memory: '512Mi' }, requests: { cpu: '10m', memory: '64Mi' } },
    ],
    [
      'as much as the limit',
      { limits: { memory: '128Mi' } },
      { limits: { memory: '128Mi' }, requests: { cpu: '10m', memory: '128Mi' } },
    ],
    [
      'what is asked for',
      { limits: { cpu: 1, memory: '1Gi' }, requests: { cpu: '100m', memory: '256Mi' } },
      { limits: { cpu: 1, memory: '1Gi' }, requests: { cpu: '100m', memory: '256Mi' } },
    ],
    [
      'no CPU limit, which would slow down every start',
      { requests: { cpu: '2' } },
      { limits: { memory: '512Mi' }, requests: { cpu: '2', memory: '64Mi' } },
    ],
    [
      'a limit that a large request fits into',
      { requests: { memory: '2Gi' } },
      { limits: { memory: '2Gi' }, requests: { cpu: '10m', memory: '2Gi' } },
    ],
  ])('gives %s', (_, resources, expected) => {
    expect(containerResources(withResources(resources))).toEqual(expected);
  });

  it('says whose the limit is', () => {
    expect(memoryLimit(withResources({}))).toEqual({ limit: '512Mi', isDefault: true });
    expect(memoryLimit(withResources({ limits: { memory: 134217728 } }))).toEqual({
      limit: '134217728',
      isDefault: false,
    });
  });
});

describe('heapMebibytes', () => {
  it.each([
    ['64Mi', 32],
    ['128Mi', 64],
    ['192Mi', 128],
    ['256Mi', 192],
    ['512Mi', 384],
    ['2Gi', 1536],
    [100_000_000, 47],
  ])('leaves room beside the heap: %s', (memory, mebibytes) => {
    expect(heapMebibytes(memory)).toBe(mebibytes);
  });
});

describe('NODE_OPTIONS', () => {
  const options = (rest: Partial<FunctionSpec>) =>
    containerEnvironment(withResources({ limits: { memory: '128Mi' } }, rest), 'r', undefined).filter(
      ({ name }) => name === 'NODE_OPTIONS',
    );
  const valueFrom = { secretKeyRef: { name: 'options', key: 'node' } };

  it.each<[string, Partial<FunctionSpec>, object[]]>([
    ['tells the heap its limit', {}, [{ value: '--max-old-space-size=64' }]],
    [
      "lets the user's options come last",
      { env: [{ name: 'NODE_OPTIONS', value: '--enable-source-maps' }] },
      [{ value: '--max-old-space-size=64 --enable-source-maps' }],
    ],
    [
      "is the user's when it comes from elsewhere",
      { env: [{ name: 'NODE_OPTIONS', valueFrom }] },
      [{ valueFrom }],
    ],
    ['is not set for a foreign image', { image: 'ghcr.io/acme/app:1', source: undefined }, []],
  ])('%s', (_, rest, expected) => {
    expect(options(rest)).toEqual(expected.map((variable) => ({ name: 'NODE_OPTIONS', ...variable })));
  });
});
