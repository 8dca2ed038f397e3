import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import { describe, expect, inject, it } from 'vitest';
import { type Access, type Account, expectedAccess } from '#charts/testing/expected-access.ts';
import { singly } from '#charts/testing/granted-access.ts';
import { RELEASE } from '#test/harness/real/chart.ts';
import { helm } from '#test/harness/real/helm.ts';
import { provideImages } from '#test/harness/real/images.ts';
import { installChart, VERSION } from '#test/harness/real-platform.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { effectiveAccess } from './support/access.ts';
import { inline } from './support/function.ts';
import { useNamespace } from './support/namespace.ts';
import { requires } from './support/requires.ts';

const TIMEOUT_MS = 4 * 60_000;
const { kubeconfig, nodes } = inject('platform');
const say = (line: string) => void process.stderr.write(`${line}\n`);

describe('the installed chart', () => {
  const space = useNamespace('chart');

  it('passes its own test', { timeout: TIMEOUT_MS }, async (context) => {
    requires(context, nodes, 'a release of our own');
    const output = await helm(kubeconfig, RELEASE, ['test', RELEASE.name, '--logs']);
    expect(output).toMatch(/^Phase:\s+Succeeded$/m);
    expect(output).toContain('POD LOGS');
  });

  it.for(Object.keys(expectedAccess) as Account[])(
    'lets the %s do what it has to, and nothing else',
    async (component, context) => {
      requires(context, nodes, 'a release of our own');
      const test = space();
      const account = { namespace: RELEASE.namespace, name: `${RELEASE.name}-${component}` };
      const expected = expectedAccess[component];
      const clusterWide = expected.filter(({ where }) => where === 'cluster');
      const elsewhere = await effectiveAccess(test.kubectl, account, test.name, 'cluster');
      expect(singly(elsewhere)).toEqual(singly(clusterWide));
      const at = await effectiveAccess(test.kubectl, account, RELEASE.namespace, 'namespace');
      expect(singly(at)).toEqual(
        singly(expected.map((access): Access => ({ ...access, where: 'namespace' }))),
      );
    },
  );

  it('isolates the functions of a namespace, unless told otherwise', {
    timeout: TIMEOUT_MS,
  }, async (context) => {
    requires(context, nodes, 'a release of our own');
    const test = space();
    await test.deploy('isolated', inline(`export const handler = () => 'ok';`));
    await policies((...args) => test.run(...args), 1);
    const images = await provideImages(VERSION, nodes, say);
    try {
      await installChart({
        kubeconfig,
        images,
        values: { functions: { networkPolicy: { enabled: false } } },
      });
      await policies((...args) => test.run(...args), 0);
      expect((await test.call('isolated')).status).toBe(200);
    } finally {
      await installChart({ kubeconfig, images });
    }
    await policies((...args) => test.run(...args), 1);
    await test.run('delete', 'fn', 'isolated');
    await policies((...args) => test.run(...args), 0);
  });

  it('wakes functions whose pods do not announce themselves', { timeout: TIMEOUT_MS }, async (context) => {
    requires(context, nodes, 'a release of our own');
    const test = space();
    const images = await provideImages(VERSION, nodes, say);
    try {
      await installChart({
        kubeconfig,
        images,
        values: { functions: { announcements: { enabled: false } } },
      });
      const scaling = { idleSeconds: 1 };
      await test.deploy('silent', inline(`export const handler = () => 'ok';`, { scaling }));
      await test.untilAsleep('silent');
      expect((await test.call('silent')).status).toBe(200);
    } finally {
      await installChart({ kubeconfig, images });
    }
  });

  /** Waits until the namespace has this many policies for functions. */
  function policies(run: (...args: string[]) => Promise<string>, count: number): Promise<unknown> {
    return waitFor(
      async () => {
        const { items }: { items: NetworkPolicy[] } = JSON.parse(
          await run('get', 'networkpolicy', '-o', 'json'),
        );
        return items.length === count;
      },
      { timeoutMs: 60_000, describe: `${count} network policies`, intervalMs: 250 },
    );
  }
});
