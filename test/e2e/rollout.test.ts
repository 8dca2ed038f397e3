import { describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { inline } from './support/function.ts';
import { type Answer, underLoad } from './support/http.ts';
import { useNamespace } from './support/namespace.ts';

const code = (version: string) => `
  export const handler = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return '${version}';
  };
`;
const SCALING = { minReplicas: 1, maxReplicas: 3, concurrency: 20, idleSeconds: 30 };

/** Remembers the last answers and tells when only the new version is left. */
function versions() {
  const seen: string[] = [];
  return {
    observe: ({ text }: Answer) => void seen.push(text),
    onlyNew: (version: string) =>
      waitFor(() => seen.length > 30 && seen.slice(-30).every((text) => text === version), {
        timeoutMs: 60_000,
        describe: `only ${version}`,
      }),
    seen,
  };
}

describe('a change under load', () => {
  const space = useNamespace('rollout');

  it('of the inline code fails no call', async () => {
    const test = space();
    await test.deploy('inline', inline(code('one'), { scaling: SCALING }));
    const { observe, onlyNew, seen } = versions();
    const load = await underLoad(test.url('inline'), { connections: 8, observe }, async () => {
      await waitFor(() => seen.length > 30, { timeoutMs: 20_000, describe: 'the first calls' });
      await test.deploy('inline', inline(code('two'), { scaling: SCALING }));
      await onlyNew('two');
    });
    expect(load.failures).toEqual([]);
    expect(seen[0]).toBe('one');
    await test.run('rollout', 'status', 'deployment/fn-inline', '--timeout=60s');
  });

  it('of the ConfigMap that holds the code rolls out by itself and fails no call', async () => {
    const test = space();
    const source = (version: string) => test.applyData('ConfigMap', 'code', { 'index.mjs': code(version) });
    await source('one');
    await test.deploy('mapped', { source: { configMap: { name: 'code' } }, scaling: SCALING });
    const { observe, onlyNew, seen } = versions();
    const load = await underLoad(test.url('mapped'), { connections: 8, observe }, async () => {
      await waitFor(() => seen.length > 30, { timeoutMs: 20_000, describe: 'the first calls' });
      await source('two');
      await onlyNew('two');
    });
    expect(load.failures).toEqual([]);
    expect(seen[0]).toBe('one');
  });

  it('of the scale down to fewer replicas fails no call', async () => {
    const test = space();
    await test.deploy(
      'shrink',
      inline(code('same'), { scaling: { ...SCALING, minReplicas: 3, idleSeconds: 1 } }),
    );
    const ready = () => test.function('shrink').then(({ status }) => status?.readyReplicas);
    await waitFor(async () => (await ready()) === 3, { timeoutMs: 20_000, describe: 'three replicas' });
    const load = await underLoad(test.url('shrink'), { connections: 4 }, async () => {
      await test.run('scale', 'fn/shrink', '--replicas=1');
      await waitFor(async () => (await test.pods('shrink')).length === 1, {
        timeoutMs: 60_000,
        describe: 'one pod left',
      });
    });
    expect(load.failures).toEqual([]);
  });
});
