import { describe, expect, it } from 'vitest';
import { announceKey } from '#crds/wire/announcement.ts';
import { readConfig } from './config.ts';

describe('readConfig', () => {
  it('works without any variable', () => {
    expect(readConfig({})).toEqual({
      redis: { url: 'redis://127.0.0.1:6379', sentinels: [] },
      namespace: 'catnap-system',
      host: '0.0.0.0',
      port: 8081,
      runtimeImage: 'catnap-runtime-nodejs26:0.1.0',
      gatewayUrl: 'http://localhost:8080',
      announce: undefined,
      encryptionKey: undefined,
      pools: undefined,
      spareThreads: 8,
      functionNetworkPolicy: true,
      logLevel: 'info',
    });
  });

  it('prefers the variable to the namespace it runs in', () => {
    expect(readConfig({}, 'own').namespace).toBe('own');
    expect(readConfig({ CATNAP_NAMESPACE: 'set' }, 'own').namespace).toBe('set');
  });

  it('drops the slash that would double in a function URL', () => {
    expect(readConfig({ CATNAP_GATEWAY_URL: 'https://fn.example.com/base/' }).gatewayUrl).toBe(
      'https://fn.example.com/base',
    );
  });

  it('lets pods announce themselves when it has both the address and the key', () => {
    const encryptionKey = Buffer.alloc(32, 7);
    const url = 'http://gateways.catnap-system.svc:8091';
    const env = { CATNAP_ANNOUNCE_URL: url, CATNAP_ENCRYPTION_KEY: encryptionKey.toString('base64') };
    expect(readConfig(env).announce).toEqual({ url, key: announceKey(encryptionKey) });
    expect(readConfig({ ...env, CATNAP_ANNOUNCE_URL: '' }).announce).toBeUndefined();
    expect(readConfig({ ...env, CATNAP_ENCRYPTION_KEY: '' }).announce).toBeUndefined();
  });

  it.each(['https://gateways:8091', 'http://gateways/path', 'http://u:p@gateways', 'gateways:8091'])(
    'refuses announcements to %s',
    (url) => {
      expect(() => readConfig({ CATNAP_ANNOUNCE_URL: url })).toThrow(/CATNAP_ANNOUNCE_URL must be an http/);
    },
  );

  describe('keeps warm pods', () => {
    const CATNAP_ENCRYPTION_KEY = Buffer.alloc(32, 7).toString('base64');
    const read = (env: Record<string, string>) => readConfig({ CATNAP_ENCRYPTION_KEY, ...env });

    it('when it has the key, unless it is told not to', () => {
      expect(read({}).pools).toEqual({ min: 1, max: 30, total: 200 });
      expect(read({ CATNAP_POOL_MIN: '2', CATNAP_POOL_MAX: '3', CATNAP_POOL_TOTAL: '4' }).pools).toEqual({
        min: 2,
        max: 3,
        total: 4,
      });
      expect(read({ CATNAP_POOL_MAX: '0', CATNAP_POOL_MIN: '5' }).pools).toBeUndefined();
      expect(read({ CATNAP_ENCRYPTION_KEY: '' }).pools).toBeUndefined();
    });

    it.each([
      [{ CATNAP_POOL_MIN: '0' }, 'CATNAP_POOL_MIN must be an integer from 1 to 1000, not "0"'],
      [{ CATNAP_POOL_MAX: 'many' }, 'CATNAP_POOL_MAX must be an integer from 0 to 1000, not "many"'],
      [{ CATNAP_ISOLATE_SPARES: '65' }, 'CATNAP_ISOLATE_SPARES must be an integer from 1 to 64, not "65"'],
      [{ CATNAP_POOL_TOTAL: '-1' }, 'CATNAP_POOL_TOTAL must be an integer from 1 to 100000, not "-1"'],
      [
        { CATNAP_POOL_MIN: '9', CATNAP_POOL_MAX: '8' },
        'CATNAP_POOL_MIN (9) must not exceed CATNAP_POOL_MAX (8)',
      ],
    ])('in numbers that make sense: %j', (env, problem) => expect(() => read(env)).toThrow(problem));
  });

  it.each([
    ['true', true],
    ['false', false],
    ['', true],
  ])('isolates function pods unless it is told not to: "%s"', (text, isolates) => {
    expect(readConfig({ CATNAP_FUNCTION_NETWORK_POLICY: text }).functionNetworkPolicy).toBe(isolates);
  });

  it('names everything that is wrong at once, and no password', () => {
    const read = () =>
      readConfig({
        CATNAP_REDIS_URL: 'http://:hunter2@redis',
        CATNAP_NAMESPACE: 'Not_A_Name',
        CATNAP_OPERATOR_PORT: '70000',
        CATNAP_GATEWAY_URL: 'ftp://x',
        CATNAP_LOG_LEVEL: 'loud',
        CATNAP_ENCRYPTION_KEY: 'c2VjcmV0',
        CATNAP_FUNCTION_NETWORK_POLICY: 'no',
      });
    expect(read).toThrow(/REDIS_URL.*GATEWAY_URL.*NAMESPACE.*LOG_LEVEL/s);
    expect(read).toThrow(/CATNAP_OPERATOR_PORT must be an integer from 0 to 65535, not "70000"/);
    expect(read).toThrow(/CATNAP_ENCRYPTION_KEY must be 32 bytes/);
    expect(read).toThrow(/CATNAP_FUNCTION_NETWORK_POLICY must be true or false, not "no"/);
    expect(read).not.toThrow(/hunter2|c2VjcmV0/);
  });

  it('cannot be changed afterwards', () => {
    expect(Object.isFrozen(readConfig({}))).toBe(true);
  });
});
