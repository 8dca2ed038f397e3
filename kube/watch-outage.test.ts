import type { ConfigMap } from 'kubernetes-types/core/v1.js';
import { expect, it } from 'vitest';
import type { KubeClient } from './client.ts';
import { transportError, transportReasons } from './errors.ts';
import { configMaps } from './resource.ts';
import { createFakeClock } from './testing/fake-clock.ts';
import { createWatcher } from './watcher.ts';

/** An API server that can be taken away, breaking its watches. */
function breakable() {
  const refused = () => transportError(transportReasons.connectionFailed, 'connection refused');
  let isDown = false;
  let breakWatch = () => {};
  const client = {
    async list() {
      if (isDown) throw refused();
      return { items: [] as ConfigMap[], resourceVersion: '1' };
    },
    async *watch(_type: unknown, { onOpen }: { onOpen?: () => void }) {
      if (isDown) throw refused();
      onOpen?.();
      await new Promise<void>((_, reject) => {
        breakWatch = () => reject(refused());
      });
    },
  } as unknown as Pick<KubeClient, 'list' | 'watch'>;
  return {
    client,
    fail() {
      isDown = true;
      breakWatch();
    },
    recover() {
      isDown = false;
    },
  };
}

it.each([
  [30_000, 0],
  [30_000, 0.5],
  [600_000, 0],
  [600_000, 1],
])('is back within 5 s of an outage of %i ms (random: %d)', async (outageMs, random) => {
  const server = breakable();
  const clock = createFakeClock();
  const attempts: number[] = [];
  const watcher = createWatcher(server.client, configMaps, {
    clock,
    random: () => random,
    observe: { event: (_, event) => event === 'error' && attempts.push(clock.monotonic()) },
  });
  watcher.start();
  await clock.advance(0);
  expect(watcher.connected).toBe(true);
  server.fail();
  await clock.advance(outageMs);
  expect(watcher.connected).toBe(false);
  server.recover();
  await clock.advance(5_000);
  expect(watcher.connected).toBe(true);
  // Nor does it hammer on a server that is down.
  expect(attempts.length).toBeLessThan(8 + outageMs / 2_500);
  server.fail();
  await watcher.stop();
});
