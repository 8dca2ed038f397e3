/**
 * Every process entry starts under plain node: type stripping, import paths and package imports are only
 * proved by the real thing, not by vitest.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { root } from '#test/run/stages.ts';

async function run(args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, args, { cwd: root, env: { PATH: process.env.PATH, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data;
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}

describe('under plain node', () => {
  it.each([['local/up/main.ts'], ['test/e2e/main.ts'], ['test/bench/main.ts'], ['test/run/main.ts']])(
    '%s --help tells its usage',
    async (entry) => {
      const { code, output } = await run([entry, '--help']);
      expect(output).toMatch(/^Usage: npm /);
      expect(code).toBe(0);
    },
  );

  it.each([
    ['operator/main.ts', { CATNAP_LOG_LEVEL: 'loud' }, 'CATNAP_LOG_LEVEL'],
    ['gateway/main.ts', { CATNAP_LOG_LEVEL: 'loud' }, 'CATNAP_LOG_LEVEL'],
    ['gateway/main.ts', { CATNAP_GATEWAY_PORT: '99999' }, 'CATNAP_GATEWAY_PORT'],
    ['operator/main.ts', { KUBECONFIG: '/nonexistent' }, '/nonexistent'],
  ])('%s with %j names what is wrong and ends', async (entry, env, expected) => {
    const { code, output } = await run([entry], env);
    expect(output).toContain(expected);
    expect(code).not.toBe(0);
  });

  it('local/main.ts refuses an unknown option', async () => {
    const { code, output } = await run(['local/main.ts', '--nonsense']);
    expect(output).toContain('--nonsense');
    expect(code).not.toBe(0);
  });

  it('the generators run', async () => {
    expect(await run(['test/run/drift.ts'])).toEqual({ code: 0, output: '' });
  });
});
