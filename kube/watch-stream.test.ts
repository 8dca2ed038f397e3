import { afterEach, expect, it } from 'vitest';
import { createKubeClient, type WatchEvent, type WatchOptions } from './client.ts';
import { isGone } from './errors.ts';
import { kubeConfigFor } from './kube-config.ts';
import { type KubeObject, pods } from './resource.ts';
import { json, type Script, startScriptedServer, statusObject } from './testing/scripted-server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((item) => item.close()));
});

async function watch(script: Script, options: Partial<WatchOptions> = {}) {
  const server = await startScriptedServer(script);
  const kubeConfig = kubeConfigFor({ server: server.url });
  const client = createKubeClient({ component: 'test', kubeConfig, timeoutMs: 200 });
  open.push(client, server);
  return { server, stream: client.watch(pods, { resourceVersion: '5', timeoutSeconds: 300, ...options }) };
}

const collect = async <T>(stream: AsyncIterable<T>) => {
  const all: T[] = [];
  for await (const item of stream) all.push(item);
  return all;
};
const line = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
const pod = (name: string, resourceVersion: string): KubeObject => ({ metadata: { name, resourceVersion } });

it('asks for bookmarks, from a version, for a bounded time, and delivers events until the server ends', async () => {
  const { server, stream } = await watch((_, response) => {
    response.write(line('ADDED', pod('a', '6')));
    response.end(line('BOOKMARK', pod('', '9')));
  });
  const events: WatchEvent<KubeObject>[] = await collect(stream);
  expect(events.map(({ type, object }) => [type, object.metadata?.resourceVersion, object.kind])).toEqual([
    ['ADDED', '6', 'Pod'],
    ['BOOKMARK', '9', 'Pod'],
  ]);
  expect(Object.fromEntries(server.requests[0]?.query ?? [])).toEqual({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: '5',
    timeoutSeconds: '300',
  });
});

it('throws what an ERROR event says', async () => {
  const { stream } = await watch((_, response) => {
    response.end(line('ERROR', statusObject(410, 'Expired', 'too old resource version')));
  });
  const error = await collect(stream).catch((caught: unknown) => caught);
  expect(isGone(error)).toBe(true);
});

it('throws when the watch is refused', async () => {
  const { stream } = await watch((_, response) => json(response, 403, statusObject(403, 'Forbidden', 'no')));
  await expect(collect(stream)).rejects.toMatchObject({ status: 403, message: 'no' });
});

it('T1.6: a half-open connection ends after the idle time, before and after events', async () => {
  const { stream } = await watch((_, response) => void response.write(line('ADDED', pod('a', '6'))), {
    idleTimeoutMs: 80,
  });
  await expect(collect(stream)).rejects.toMatchObject({ reason: 'ClientTimeout', retryable: true });
  const { stream: mute } = await watch(() => {});
  await expect(collect(mute)).rejects.toMatchObject({ reason: 'ClientTimeout' });
});

it('stays open while something comes in, be it only bookmarks', async () => {
  const { stream } = await watch(
    (_, response) => {
      let left = 6;
      const timer = setInterval(() => {
        response.write(line('BOOKMARK', pod('', '6')));
        left -= 1;
        if (left > 0) return;
        clearInterval(timer);
        response.end();
      }, 30);
    },
    { idleTimeoutMs: 120 },
  );
  expect(await collect(stream)).toHaveLength(6);
});

it('T1.9: a line that is not an event is an error, not dropped', async () => {
  const { stream } = await watch((_, response) => void response.end('garbage\n'));
  await expect(collect(stream)).rejects.toMatchObject({ reason: 'InvalidResponse' });
  const { stream: odd } = await watch((_, response) => void response.end('{"type":"ADDED"}\n'));
  await expect(collect(odd)).rejects.toThrow('unknown form');
});

it('throws when the connection breaks, also within a line', async () => {
  const { stream } = await watch((_, response) => {
    response.write(line('ADDED', pod('a', '6')).slice(0, 20), () => response.destroy());
  });
  await expect(collect(stream)).rejects.toMatchObject({ status: 0, reason: 'ConnectionFailed' });
});

it('ends quietly when its signal aborts, and lets the connection go', async () => {
  const controller = new AbortController();
  const closed = Promise.withResolvers<void>();
  const { stream } = await watch(
    (_, response) => {
      response.on('close', () => closed.resolve());
      response.write(line('ADDED', pod('a', '6')));
    },
    { signal: controller.signal },
  );
  const names: (string | undefined)[] = [];
  for await (const { object } of stream) {
    names.push(object.metadata?.name);
    controller.abort();
  }
  expect(names).toEqual(['a']);
  await closed.promise;
});

it('lets the connection go when its reader leaves', async () => {
  const closed = Promise.withResolvers<void>();
  const { stream } = await watch((_, response) => {
    response.on('close', () => closed.resolve());
    response.write(line('ADDED', pod('a', '6')));
  });
  for await (const _ of stream) break;
  await closed.promise;
});
