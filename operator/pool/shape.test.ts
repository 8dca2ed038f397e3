import { describe, expect, it } from 'vitest';
import type { FunctionSpec } from '#crds/function/types.ts';
import { aFunction, inlineSpec } from '../function/fixtures.ts';
import { poolName, shapeOf } from './shape.ts';

const nameOf = (spec: Partial<FunctionSpec> = {}, namespace = 'shop') =>
  poolName(shapeOf(aFunction({ spec: inlineSpec(spec), metadata: { name: 'hello', namespace } })));
const memory = (limit: string | number) => ({ resources: { limits: { memory: limit } } });

describe('the shape of a function', () => {
  it('is what its pods cannot change', () => {
    expect(shapeOf(aFunction())).toEqual({
      runtime: 'nodejs26',
      resources: { limits: { memory: '512Mi' }, requests: { cpu: '10m', memory: '64Mi' } },
      graceSeconds: 40,
    });
  });

  it('has a name that fits a label and a Deployment', () => {
    expect(nameOf()).toMatch(/^nodejs26-[0-9a-f]{10}$/);
  });

  it.each<[string, Partial<FunctionSpec>]>([
    ['code, handler and scale', { handler: 'a.b', scaling: { ...inlineSpec().scaling, concurrency: 1 } }],
    ['a timeout that needs no more time to end', { timeoutSeconds: 3 }],
    [
      'the defaults being written out',
      { resources: { limits: { memory: '512Mi' }, requests: { cpu: '10m', memory: '64Mi' } } },
    ],
    ['the only runtime, not named', { runtime: undefined }],
  ])('does not depend on %s', (_, spec) => expect(nameOf(spec)).toBe(nameOf()));

  it('is written in one way', () => {
    expect(nameOf({ resources: { requests: { cpu: 1 } } })).toBe(
      nameOf({ resources: { requests: { cpu: '1' } } }),
    );
    expect(nameOf({}, 'other')).toBe(nameOf());
  });

  it.each<[string, Partial<FunctionSpec>]>([
    ['memory', memory('128Mi')],
    ['CPU', { resources: { requests: { cpu: '1' } } }],
    ['a longer timeout', { timeoutSeconds: 31 }],
  ])('depends on %s', (_, spec) => expect(nameOf(spec)).not.toBe(nameOf()));
});
