import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { announceToken } from '#crds/wire/announcement.ts';
import { claimSigningKey } from '#crds/wire/claim.ts';
import { aFunction, inlineSpec } from '../function/fixtures.ts';
import { functionDeployment } from '../function/resources/deployment.ts';
import { poolDeployment } from './resources.ts';
import { isHostPool, poolName, shapeOf } from './shape.ts';

const encryptionKey = Buffer.alloc(32, 7);
const announce = { url: 'http://gateways:8091', key: Buffer.alloc(32, 8) };
const settings = { runtimeImage: 'catnap-runtime-nodejs26:0.1.0', encryptionKey, spareThreads: 8 };
const fn = aFunction({ spec: inlineSpec({ resources: { limits: { memory: '128Mi' } } }) });
const containerOf = (deployment: ReturnType<typeof poolDeployment>) =>
  deployment.spec?.template.spec?.containers[0];

describe('poolDeployment', () => {
  it('runs warm pods', () => {
    expect(poolDeployment('shop', shapeOf(fn), { ...settings, announce })).toMatchSnapshot();
  });

  it('makes them like pods of the functions that they are for', () => {
    const warm = containerOf(poolDeployment('shop', shapeOf(fn), settings));
    const own = containerOf(functionDeployment(fn, 'r', settings));
    for (const field of ['name', 'image', 'resources', 'securityContext'] as const) {
      expect(warm?.[field]).toEqual(own?.[field]);
    }
    const options = (env = warm?.env) => env?.find(({ name }) => name === 'NODE_OPTIONS');
    expect(options()).toEqual(options(own?.env));
  });

  it('has them announce themselves for the pool, and know whose claims they may take', () => {
    const pool = poolName(shapeOf(fn));
    const env = containerOf(poolDeployment('shop', shapeOf(fn), { ...settings, announce }))?.env;
    const token = announceToken(announce.key, `shop/~${pool}`);
    expect(env).toContainEqual({ name: 'CATNAP_ANNOUNCE_TOKEN', value: token });
    const key = createPublicKey(claimSigningKey(encryptionKey)).export({ format: 'jwk' }).x;
    expect(env).toContainEqual({ name: 'CATNAP_CLAIM_KEY', value: key });
    expect(JSON.stringify(env)).not.toContain(encryptionKey.toString('base64'));
  });

  it('tells them their uid also where pods do not announce themselves: claims are made for it', () => {
    const env = containerOf(poolDeployment('shop', shapeOf(fn), settings))?.env ?? [];
    expect(env.map(({ name }) => name)).not.toContain('CATNAP_ANNOUNCE_TOKEN');
    expect(env.map(({ name }) => name)).toContain('CATNAP_POD_UID');
  });
});

it('runs hosts that functions share', () => {
  const isolate = aFunction({
    spec: inlineSpec({ class: 'isolate', resources: { limits: { memory: '64Mi' } } }),
  });
  expect(poolDeployment('shop', shapeOf(isolate), { ...settings, announce })).toMatchSnapshot();
  // What functions may take of a host is theirs to say; the host is the same for all.
  expect(shapeOf(isolate)).toEqual(shapeOf(aFunction({ spec: inlineSpec({ class: 'isolate' }) })));
  expect(isHostPool(poolName(shapeOf(isolate)))).toBe(true);
  expect(isHostPool(poolName(shapeOf(fn)))).toBe(false);
});
