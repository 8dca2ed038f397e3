import { describe, expect, it } from 'vitest';
import { readRedisAddress, sentinelOptions } from './redis-address.ts';

const read = (env: Record<string, string>) => {
  const problems: string[] = [];
  return { address: readRedisAddress(env, problems), problems };
};

describe('the address of Redis', () => {
  it('is one URL unless Sentinels are named', () => {
    expect(read({}).address).toEqual({
      url: 'redis://127.0.0.1:6379',
      password: undefined,
      sentinels: [],
      sentinelPassword: undefined,
    });
    const { address, problems } = read({
      CATNAP_REDIS_URL: 'rediss://redis:6380',
      CATNAP_REDIS_PASSWORD: 'p',
    });
    expect(address).toMatchObject({ url: 'rediss://redis:6380', password: 'p', sentinels: [] });
    expect(problems).toEqual([]);
  });

  it('is asked of Sentinels, which have a password of their own', () => {
    const { address, problems } = read({
      CATNAP_REDIS_URL: 'redis://user@My_Master/3',
      CATNAP_REDIS_PASSWORD: 'p@ss:/word',
      CATNAP_REDIS_SENTINELS: 'a.example:26379, [fd00::1]:26380',
      CATNAP_REDIS_SENTINEL_PASSWORD: 'other',
    });
    expect(problems).toEqual([]);
    expect(sentinelOptions(address)).toMatchObject({
      name: 'My_Master',
      sentinels: [
        { host: 'a.example', port: 26379 },
        { host: 'fd00::1', port: 26380 },
      ],
      username: 'user',
      password: 'p@ss:/word',
      sentinelPassword: 'other',
      db: 3,
      tls: undefined,
      enableTLSForSentinelMode: false,
    });
  });

  it('asks for TLS of both when the URL does, and takes a password from it', () => {
    const env = { CATNAP_REDIS_URL: 'rediss://:p%40ss@main', CATNAP_REDIS_SENTINELS: 'a:1' };
    expect(sentinelOptions(read(env).address)).toMatchObject({
      password: 'p@ss',
      tls: {},
      sentinelTLS: {},
      enableTLSForSentinelMode: true,
    });
  });

  it('is asked again when a command reached a replica, and only then', () => {
    const { reconnectOnError } = sentinelOptions(
      read({ CATNAP_REDIS_URL: 'redis://main', CATNAP_REDIS_SENTINELS: 'a:1' }).address,
    );
    expect(reconnectOnError(new Error("READONLY You can't write against a read only replica."))).toBe(true);
    expect(reconnectOnError(new Error('OOM command not allowed'))).toBe(false);
  });

  it.each([
    [{ CATNAP_REDIS_URL: 'http://:hunter2@redis' }, 'CATNAP_REDIS_URL must be a redis://'],
    [{ CATNAP_REDIS_SENTINELS: 'a:1', CATNAP_REDIS_URL: 'redis://:hunter2@main:6379' }, 'without a port'],
    [{ CATNAP_REDIS_SENTINELS: 'a', CATNAP_REDIS_URL: 'redis://main' }, 'not "a"'],
    [
      { CATNAP_REDIS_SENTINELS: 'a:0,b:2', CATNAP_REDIS_URL: 'redis://main' },
      'HOST:PORT, separated by commas',
    ],
    [{ CATNAP_REDIS_SENTINELS: 'a:70000', CATNAP_REDIS_URL: 'redis://main' }, 'HOST:PORT'],
  ])('names what is wrong with %o, and no password', (env, message) => {
    const { problems } = read(env as Record<string, string>);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
    expect(problems[0]).not.toContain('hunter2');
  });
});
