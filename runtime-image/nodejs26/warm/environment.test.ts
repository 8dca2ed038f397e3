import { describe, expect, it } from 'vitest';
import { functionEnvironment, replaceEnvironment } from './environment.ts';

const pod = {
  PATH: '/bin',
  PORT: '8080',
  CATNAP_POD_UID: 'uid',
  CATNAP_CLAIM_KEY: 'k',
  CATNAP_POOL: 'shop/~small',
  CATNAP_LAUNCH_DIR: '/launch',
  CATNAP_CLAIM_PORT: '8081',
  CATNAP_ANNOUNCE_URL: 'http://pool',
  CATNAP_ANNOUNCE_TOKEN: 'pool',
};
const base = { PATH: '/bin', PORT: '8080', CATNAP_POD_UID: 'uid' };

describe('functionEnvironment', () => {
  it('has nothing that made the pod a warm one', () => {
    expect(functionEnvironment(pod, { env: {} }, undefined)).toEqual(base);
  });

  it('has the function over the image', () => {
    expect(functionEnvironment(pod, { env: { PATH: '/opt', A: 'a' } }, undefined)).toEqual({
      ...base,
      PATH: '/opt',
      A: 'a',
    });
  });

  it("has the function's own announcement", () => {
    const env = { CATNAP_ANNOUNCE_URL: 'http://fn', CATNAP_ANNOUNCE_TOKEN: 'fn' };
    expect(functionEnvironment(pod, { env }, undefined)).toEqual({ ...base, ...env });
  });

  it('leaves to the pod what and where it is', () => {
    const env = { PORT: '1', HOST: '0.0.0.0', CATNAP_POD_UID: 'other', CATNAP_TERMINATION_LOG: '/tmp/x' };
    const there = { HOST: '10.0.0.7', CATNAP_TERMINATION_LOG: '/dev/termination-log' };
    expect(functionEnvironment({ ...pod, ...there }, { env }, undefined)).toEqual({ ...base, ...there });
  });

  it('says where the files are, when there are files', () => {
    const env = functionEnvironment(pod, { env: { CATNAP_FUNCTION_DIR: '/function' } }, '/launch/function');
    expect(env.CATNAP_FUNCTION_DIR).toBe('/launch/function');
  });
});

describe('replaceEnvironment', () => {
  it('takes out, puts in, and leaves alone what is the same', () => {
    const writes: string[] = [];
    const target = new Proxy<NodeJS.ProcessEnv>(
      { A: 'a', B: 'b', C: 'c' },
      {
        set(env, name, value) {
          writes.push(String(name));
          return Reflect.set(env, name, value);
        },
      },
    );
    replaceEnvironment(target, { A: 'a', B: 'x', D: 'd' });
    expect({ ...target }).toEqual({ A: 'a', B: 'x', D: 'd' });
    expect(writes).toEqual(['B', 'D']);
  });
});
