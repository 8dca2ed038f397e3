import type { Container } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { type LaunchContext, planLaunch } from './launch.ts';

const context: LaunchContext = {
  pod: { metadata: { name: 'web' } },
  facts: {
    nodeName: 'here',
    hostIp: '127.0.0.1',
    podIp: '127.64.0.9',
    capacity: { cpu: 1, memoryBytes: 1 },
  },
  sources: { configMap: () => undefined, secret: () => undefined },
  image: { command: ['/bin/node', 'main.mjs'], env: { FROM_IMAGE: 'yes' } },
  volumeDirectory: (volume) => (volume === 'tmp' ? '/n/tmp' : undefined),
  directory: '/n/c',
  path: '/bin',
};
const launch = (container: Partial<Container>) => planLaunch({ name: 'main', ...container }, context);

describe('planLaunch', () => {
  it.each<[Partial<Container>, string[]]>([
    [{}, ['/bin/node', 'main.mjs']],
    [{ args: ['--x'] }, ['/bin/node', 'main.mjs', '--x']],
    [{ command: ['sh'] }, ['sh']],
    [
      { command: ['sh', '-c'], args: ['$(A) $(NONE)'], env: [{ name: 'A', value: 'a' }] },
      ['sh', '-c', 'a $(NONE)'],
    ],
  ])('%j runs %j', (container, argv) => expect(launch(container).argv).toEqual(argv));

  it('gives the platform the last word on where to listen', () => {
    const { env } = launch({ env: [{ name: 'HOST', value: '0.0.0.0' }] });
    expect(env).toEqual({
      PATH: '/bin',
      FROM_IMAGE: 'yes',
      HOSTNAME: 'web',
      TMPDIR: '/n/c/tmp',
      HOST: '127.64.0.9',
      CATNAP_TERMINATION_LOG: '/n/c/termination-log',
    });
  });

  it('puts TMPDIR where /tmp is mounted', () => {
    expect(launch({ volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] }).env.TMPDIR).toBe('/n/tmp');
    expect(launch({ volumeMounts: [{ name: 'tmp', mountPath: '/tmp/x' }] }).env.TMPDIR).toBe('/n/c/tmp');
  });

  it('works in the given directory or in one of its own', () => {
    expect(launch({}).cwd).toBe('/n/c/work');
    expect(launch({ workingDir: '/data/x', volumeMounts: [{ name: 'tmp', mountPath: '/data' }] }).cwd).toBe(
      '/n/tmp/x',
    );
  });

  it('reads the memory limit', () => {
    expect(launch({ resources: { limits: { memory: '64Mi' } } }).memoryLimitBytes).toBe(64 * 2 ** 20);
    expect(launch({}).memoryLimitBytes).toBeUndefined();
  });
});
