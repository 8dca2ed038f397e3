import { describe, expect, it } from 'vitest';
import { readWarmSettings } from './settings.ts';

const env = {
  CATNAP_CLAIM_KEY: 'A'.repeat(43),
  CATNAP_POOL: 'shop/~small',
  CATNAP_POD_UID: 'u',
};

describe('readWarmSettings', () => {
  it('has a default for where things are', () => {
    expect(readWarmSettings(env)).toEqual({
      host: undefined,
      port: 8080,
      claimPort: 8081,
      claimKey: 'A'.repeat(43),
      podUid: 'u',
      pool: 'shop/~small',
      launchDir: '/launch',
      announce: undefined,
    });
  });

  it('announces itself under the name of the pool', () => {
    const announce = { CATNAP_ANNOUNCE_URL: 'http://gateways:8091', CATNAP_ANNOUNCE_TOKEN: 't' };
    expect(readWarmSettings({ ...env, ...announce }).announce).toEqual({
      url: 'http://gateways:8091',
      token: 't',
      podUid: 'u',
      functionKey: 'shop/~small',
    });
  });

  it('names everything that is wrong', () => {
    const wrong = { CATNAP_CLAIM_KEY: 'A'.repeat(42), PORT: 'x', CATNAP_CLAIM_PORT: '70000' };
    expect(() => readWarmSettings(wrong)).toThrow(
      [
        'CATNAP_POOL is not set',
        'PORT is "x"; it must be an integer from 0 to 65535',
        'CATNAP_CLAIM_PORT is "70000"; it must be an integer from 0 to 65535',
        'CATNAP_POD_UID is not set',
        'CATNAP_CLAIM_KEY must be the 32 bytes of an Ed25519 public key in base64url',
      ].join('; '),
    );
  });
});
