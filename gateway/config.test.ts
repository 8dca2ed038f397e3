import { expect, it } from 'vitest';
import { readConfig } from './config.ts';

it('has defaults for everything', () => {
  expect(readConfig({})).toMatchObject({
    port: 8080,
    controlPort: 8090,
    announceHost: '0.0.0.0',
    announcePort: 8091,
    trustForwarded: false,
    encryptionKey: undefined,
  });
});

it('reads what is set', () => {
  const key = Buffer.alloc(32, 7);
  const config = readConfig({ CATNAP_GATEWAY_PORT: '0', CATNAP_ENCRYPTION_KEY: key.toString('base64') });
  expect(config.port).toBe(0);
  expect(config.encryptionKey).toEqual(key);
  expect(Object.isFrozen(config)).toBe(true);
});

it('names everything that is wrong at once, and no secret', () => {
  const read = () =>
    readConfig({
      CATNAP_GATEWAY_PORT: '70000',
      CATNAP_ANNOUNCE_PORT: 'http',
      CATNAP_MAX_BODY_BYTES: '1e9',
      CATNAP_REDIS_URL: 'http://user:hunter2@redis',
      CATNAP_ENCRYPTION_KEY: 'c2hvcnQ=',
      CATNAP_LOG_LEVEL: 'loud',
      CATNAP_TRUST_FORWARDED: 'yes',
    });
  for (const name of [
    'GATEWAY_PORT',
    'ANNOUNCE_PORT',
    'MAX_BODY_BYTES',
    'REDIS_URL',
    'ENCRYPTION_KEY',
    'LOG_LEVEL',
    'TRUST_FORWARDED',
  ]) {
    expect(read).toThrow(`CATNAP_${name}`);
  }
  expect(read).not.toThrow('hunter2');
});
