import { describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { inline } from './support/function.ts';
import { useNamespace } from './support/namespace.ts';

const TALKS = `export const handler = () => { console.log('somebody called'); return 'one'; };`;

describe('with kubectl, a Function', () => {
  const space = useNamespace('kubectl');
  const scaling = { idleSeconds: 600 };

  it('shows what matters in a table', async () => {
    const test = space();
    await test.apply('table', inline(TALKS));
    await test.run('wait', '--for=condition=Ready', 'fn/table', '--timeout=40s');
    const [head = '', row = ''] = (await test.run('get', 'fn')).trim().split('\n');
    expect(head.trim().split(/\s+/)).toEqual(['NAME', 'READY', 'REASON', 'REPLICAS', 'URL', 'AGE']);
    expect(row).toMatch(
      new RegExp(`^table\\s+True\\s+Loaded\\s+\\d+\\s+\\S*/fn/${test.name}/table\\s+\\d+s`),
    );
    expect(await test.run('get', 'functions.catnap.dev', '-o', 'name')).toContain(
      'function.catnap.dev/table',
    );
  });

  it('is described with its conditions and events', async () => {
    const test = space();
    await test.apply('broken', inline('throw new Error("boom");'));
    await test.condition('broken', 'Ready', ({ status }) => status === 'False');
    const text = await waitFor(
      async () => {
        const found = await test.run('describe', 'fn', 'broken');
        return /Events:\s+Type/.test(found) ? found : undefined;
      },
      { timeoutMs: 10_000, describe: 'events in kubectl describe' },
    );
    expect(text).toMatch(/Reason:\s+LoadFailed/);
    expect(text).toMatch(/Warning\s+LoadFailed/);
  });

  it('is explained field by field', async () => {
    const text = await space().run('explain', 'fn.spec.scaling');
    for (const field of ['minReplicas', 'maxReplicas', 'concurrency', 'idleSeconds'])
      expect(text).toContain(field);
    expect(text).toContain('Calls that one replica runs at the same time; a hard limit.');
  });

  it('is scaled, patched, and its pods log', async () => {
    const test = space();
    await test.deploy('tools', inline(TALKS, { scaling }));
    await test.run('scale', 'fn/tools', '--replicas=2');
    await waitFor(async () => (await test.pods('tools')).length === 2, {
      timeoutMs: 20_000,
      describe: 'two pods',
    });
    await test.run('rollout', 'status', 'deployment/fn-tools', '--timeout=40s');

    const logs = test.kubectl.spawn([
      'logs',
      '-f',
      '-l',
      'catnap.dev/function=tools',
      '-n',
      test.name,
      '--prefix',
    ]);
    try {
      let output = '';
      logs.stdout?.on('data', (data) => {
        output += data;
      });
      await test.call('tools');
      await waitFor(() => output.includes('somebody called'), {
        timeoutMs: 15_000,
        describe: 'the line in the log',
      });
    } finally {
      logs.kill('SIGKILL');
    }

    const patch = {
      spec: { source: { inline: { files: { 'index.mjs': "export const handler = () => 'two';" } } } },
    };
    await test.run('patch', 'fn', 'tools', '--type=merge', '-p', JSON.stringify(patch));
    await waitFor(async () => (await test.call('tools')).text === 'two', {
      timeoutMs: 40_000,
      describe: 'the new code',
    });
  });

  it('takes everything with it when it is deleted', async () => {
    const test = space();
    await test.deploy('gone', inline(TALKS, { scaling: { minReplicas: 1 } }));
    const owned = () =>
      test.run(
        'get',
        'deployments,replicasets,pods,configmaps',
        '-l',
        'catnap.dev/function=gone',
        '-o',
        'name',
      );
    expect(await owned()).toMatch(/deployment\.apps\/fn-gone[\s\S]*pod\//);
    await test.run('delete', 'fn', 'gone');
    await waitFor(async () => (await owned()) === '', { timeoutMs: 40_000, describe: 'nothing left' });
    await waitFor(async () => (await test.call('gone')).status === 404, {
      timeoutMs: 5_000,
      describe: '404',
    });
  });
});
