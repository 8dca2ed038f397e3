import { describe, expect, inject, it } from 'vitest';
import { loadImage } from '#test/cluster/cluster.ts';
import { type ProvidedImages, provideImages } from '#test/harness/real/images.ts';
import { checkOut, previousVersion } from '#test/harness/real/previous-version.ts';
import { installChart, replaceRelease, VERSION } from '#test/harness/real-platform.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { underSteadyLoad } from '../support/load.ts';
import { isReady } from '../support/parts.ts';
import { requires } from '../support/requires.ts';
import { useSteadyFunctions } from '../support/steady.ts';
import type { Failure } from '../support/tally.ts';

const TIMEOUT_MS = 8 * 60_000;
const { kubeconfig, nodes } = inject('platform');
/** Its gateways refuse asynchronous calls at once while the pod of Redis is replaced; later ones hold them. */
const WITHOUT_HOLD = '0.1.0';
const say = (line: string) => void process.stderr.write(`${line}\n`);

describe('an upgrade of Catnap, under load,', () => {
  const steady = useSteadyFunctions('upgrade');
  it('to images of another version and back: no call fails', { timeout: TIMEOUT_MS }, async (context) => {
    requires(context, nodes, 'a release of our own to upgrade');
    const { space, load } = steady();
    const [next, present] = [
      await provideImages(`${VERSION}-next`, nodes, say),
      await provideImages(VERSION, nodes, say),
    ];
    const report = await underSteadyLoad(space, 'upgraded and back', load, async () => {
      for (const images of [next, present]) {
        await installChart({ kubeconfig, images });
        await functionPodsRun(images);
      }
    });
    expect(report.failures).toEqual([]);
    expect(report.lost).toEqual([]);
  });

  it('from the version before this one: no call fails', { timeout: TIMEOUT_MS }, async (context) => {
    const previous = await previousVersion();
    requires(context, nodes, 'a release of our own to upgrade');
    requires(context, previous, 'a chart of another version in the history');
    const { space, load } = steady();
    const old = await checkOut(previous.commit);
    try {
      const tag = `${previous.version}-previous`;
      for (const archive of await old.buildImages(tag)) await loadImage(archive);
      await replaceRelease(kubeconfig, { images: { version: tag, digests: {} }, chart: old.chart });
      await functionPodsRun({ version: tag });
      const images = await provideImages(VERSION, nodes, say);
      const title = `upgraded from ${previous.version}`;
      const report = await underSteadyLoad(space, title, load, async () => {
        await installChart({ kubeconfig, images });
        await functionPodsRun(images);
      });
      const decided = (failed: Failure) => previous.version === WITHOUT_HOLD && isRefusedWithoutRedis(failed);
      expect(report.failures.filter((failed) => !decided(failed))).toEqual([]);
      expect(report.lost).toEqual([]);
    } finally {
      await old.remove();
    }
  });

  const isRefusedWithoutRedis = ({ way, kind }: Failure) =>
    way === 'asynchronous' && kind === '503 async-unavailable';

  /** An upgrade brings a new runtime, so the operator rolls every function out anew. */
  async function functionPodsRun({ version }: Pick<ProvidedImages, 'version'>): Promise<void> {
    const { space } = steady();
    for (const name of ['pair', 'single']) {
      await waitFor(
        async () => {
          const pods = await space.pods(name);
          const images = pods.map(({ spec }) => spec?.containers[0]?.image ?? '');
          if (!pods.every(isReady) || !images.every((image) => image.endsWith(`:${version}`)))
            throw new Error(images.join(', '));
          return pods.length > 0;
        },
        { timeoutMs: 120_000, describe: `the pods of ${name} to run ${version}`, intervalMs: 500 },
      );
    }
  }
});
