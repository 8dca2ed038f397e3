import { once } from 'node:events';
import { describe, expect, inject, it } from 'vitest';
import { WebSocket } from 'ws';
import { inline } from './support/function.ts';
import { useNamespace } from './support/namespace.ts';

describe('streams', () => {
  const space = useNamespace('streams');

  it('pass server-sent events on as they come', async () => {
    const test = space();
    const code = `
      async function* events() {
        for (const n of [1, 2, 3]) {
          yield \`data: \${n}\\n\\n\`;
          await new Promise((resolve) => setTimeout(resolve, 400));
        }
      }
      export const handler = () => ({
        statusCode: 200,
        headers: { 'content-type': 'text/event-stream' },
        body: ReadableStream.from(events()).pipeThrough(new TextEncoderStream()),
      });
    `;
    await test.deploy('sse', inline(code));
    const response = await fetch(test.url('sse'), { signal: AbortSignal.timeout(30_000) });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const arrivals: number[] = [];
    let text = '';
    for await (const chunk of response.body ?? []) {
      arrivals.push(performance.now());
      text += Buffer.from(chunk).toString();
    }
    expect(text).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n');
    // Not collected: the last event came two pauses after the first.
    expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(600);
  });

  it('pass a request body on while it is being sent', async () => {
    const test = space();
    const code = `
      export const handler = async (event) => {
        let bytes = 0;
        for await (const chunk of event.body) bytes += chunk.length;
        return { bytes };
      };
    `;
    await test.deploy('upload', inline(code));
    const chunk = Buffer.alloc(64 * 1024);
    const body = ReadableStream.from(Array(64).fill(chunk));
    const response = await fetch(test.url('upload'), { method: 'POST', body, duplex: 'half' } as RequestInit);
    expect(await response.json()).toEqual({ bytes: 64 * 64 * 1024 });
  });
});

// The image is in no registry: only nodes of our own have it.
describe.skipIf(inject('platform').cluster === 'current')('a foreign image', () => {
  const space = useNamespace('image');

  it('is woken by a call and sees the path without the prefix', async () => {
    const test = space();
    await test.deploy('web', { image: 'catnap-test-web:1', scaling: { idleSeconds: 2 } });
    await test.untilAsleep('web');
    const answer = await test.call('web', '/page?x=1');
    expect(answer.status, answer.text).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({ path: '/page?x=1', prefix: `/fn/${test.name}/web` });
  });

  it('speaks WebSocket through the gateway, also when it sleeps at first', async () => {
    const test = space();
    await test.untilAsleep('web');
    const socket = new WebSocket(test.url('web', '/chat').replace(/^http/, 'ws'));
    await once(socket, 'open', { signal: AbortSignal.timeout(20_000) });
    const reply = once(socket, 'message', { signal: AbortSignal.timeout(5_000) });
    socket.send('ping');
    expect(String((await reply)[0])).toBe('ping');
    const closed = once(socket, 'close', { signal: AbortSignal.timeout(5_000) });
    socket.close(1000);
    expect((await closed)[0]).toBe(1000);
  });
});
