import { expect, it } from 'vitest';
import { deepFreeze } from '#kube/cache.ts';
import { aFunction } from './function/fixtures.ts';
import { functionDeployment } from './function/resources/deployment.ts';
import { createShare } from './share.ts';

const deployment = (name: string) => {
  const { metadata } = aFunction();
  return functionDeployment(aFunction({ metadata: { ...metadata, name } }), 'r', {
    runtimeImage: 'runtime:1',
  });
};

it('makes equal parts one, and changes nothing else', () => {
  const share = createShare();
  const a = deepFreeze(share(deployment('a')));
  const b = deepFreeze(share(deployment('b')));
  expect(b).toEqual(deployment('b'));
  const [one, other] = [a, b].map((it) => it.spec?.template.spec);
  expect(one?.securityContext).toBe(other?.securityContext);
  expect(one?.containers[0]?.readinessProbe).toBe(other?.containers[0]?.readinessProbe);
  expect(one?.containers).not.toEqual(other?.containers);
});

it.each([
  [{ a: [1] }, { a: { 0: 1 } }],
  [{ a: '1' }, { a: 1 }],
  [{ a: { b: undefined } }, { a: {} }],
  [{ a: { 'b":1,"c': 2 } }, { a: { b: 1, c: 2 } }],
  [{ a: { b: null } }, { a: { b: 'null' } }],
  [{ a: {} }, { a: [] }],
])('does not take %j for %j', (one, other) => {
  const share = createShare();
  share(structuredClone(one));
  expect(share(structuredClone(other))).toStrictEqual(other);
});

it('leaves large parts as they are', () => {
  const share = createShare();
  const large = () => ({ text: { is: 'x'.repeat(600) } });
  expect(share(large()).text).not.toBe(share(large()).text);
});

it('remembers what is met often, and only so much', () => {
  const share = createShare(10);
  const common = share({ part: { common: true } }).part;
  for (let round = 0; round < 100; round++) {
    expect(share({ part: { common: true } }).part).toBe(common);
    share({ part: { round } });
  }
  const rare = share({ part: { rare: true } }).part;
  for (let round = 0; round < 100; round++) share({ part: { round } });
  expect(share({ part: { rare: true } }).part).not.toBe(rare);
});
