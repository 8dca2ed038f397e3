import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Runtime, startRuntime, useRuntime } from './runtime.ts';

useRuntime();

const MEBIBYTE = 1024 * 1024;

const events = `
  import { once, EventEmitter } from 'node:events';
  const next = new EventEmitter();
  async function* ticks() {
    try {
      for (let i = 1; i <= 3; i++) {
        yield 'data: ' + i + '\\n\\n';
        await once(next, 'tick');
      }
    } finally { console.log('generator ended'); }
  }
  const web = () => new ReadableStream({
    start(c) { c.enqueue('data: 1\\n\\n'); },
    cancel() { console.log('stream cancelled'); },
  });
  const headers = { 'content-type': 'text/event-stream' };
  export const handler = (event) => {
    if (event.path === '/tick') return void next.emit('tick');
    if (event.path === '/web') return { statusCode: 200, headers, body: web() };
    if (event.path === '/response') return new Response(ReadableStream.from(ticks()).pipeThrough(new TextEncoderStream()), { headers });
    return { statusCode: 200, headers, body: ticks() };
  };`;

describe('server-sent events', () => {
  it.each(['/', '/response'])('reach the caller one by one (%s)', async (path) => {
    const runtime = await startRuntime({ files: { 'index.mjs': events } });
    const response = await fetch(runtime.url + path);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    for (let i = 1; i <= 3; i++) {
      const { value } = await reader.read();
      expect(decoder.decode(value)).toBe(`data: ${i}\n\n`);
      await fetch(`${runtime.url}/tick`);
    }
    expect((await reader.read()).done).toBe(true);
  });

  it.each([
    ['/', 'generator ended'],
    ['/web', 'stream cancelled'],
  ])('stop when the caller goes away (%s)', async (path, sign) => {
    const env = { CATNAP_CONCURRENCY: '2' };
    const runtime = await startRuntime({ files: { 'index.mjs': events }, env });
    const controller = new AbortController();
    const response = await fetch(runtime.url + path, { signal: controller.signal });
    await (response.body as ReadableStream<Uint8Array>).getReader().read();
    controller.abort();
    await waitFor(
      async () => {
        await fetch(`${runtime.url}/tick`);
        return runtime.stdout().includes(sign);
      },
      { describe: sign, timeoutMs: 5_000 },
    );
    expect(runtime.stdout()).not.toContain('the handler failed');
  });
});

describe('big bodies', () => {
  const content = `
    import { createHash } from 'node:crypto';
    async function* zeros(mebibytes) { const chunk = Buffer.alloc(65536); for (let i = 0; i < mebibytes * 16; i++) yield chunk; }
    export const handler = async (event) => {
      if (event.path === '/echo') return event.body;
      if (event.path === '/download') return zeros(Number(event.query.mebibytes));
      if (event.path === '/text') return String((await event.text()).length);
      let bytes = 0;
      for await (const chunk of event.body) bytes += chunk.length;
      return { bytes };
    };
    export default { async fetch(request) {
      let bytes = 0;
      for await (const chunk of request.body) bytes += chunk.length;
      return Response.json({ bytes });
    } };`;

  it.each(['index.handler', 'index.default'])(
    'are read as they arrive, in flat memory (%s)',
    async (handler) => {
      const runtime = await startRuntime({ files: { 'index.mjs': content }, handler });
      await upload(runtime, '/count', 16);
      const before = residentMebibytes(runtime);
      expect(JSON.parse(await upload(runtime, '/count', 512))).toEqual({ bytes: 512 * MEBIBYTE });
      expect(residentMebibytes(runtime) - before).toBeLessThan(160);
    },
  );

  it('are written no faster than the caller reads', async () => {
    const runtime = await startRuntime({ files: { 'index.mjs': content } });
    const before = residentMebibytes(runtime);
    const response = await fetch(`${runtime.url}/download?mebibytes=256`);
    let bytes = 0;
    let peak = 0;
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      bytes += chunk.length;
      if (bytes % (16 * MEBIBYTE) < chunk.length) peak = Math.max(peak, residentMebibytes(runtime));
    }
    expect(bytes).toBe(256 * MEBIBYTE);
    expect(peak - before).toBeLessThan(96);
  });

  it('come back from an echo unchanged', async () => {
    const { url } = await startRuntime({ files: { 'index.mjs': content } });
    const body = Buffer.alloc(8 * MEBIBYTE, 'grüße');
    const response = await fetch(`${url}/echo`, { method: 'POST', body });
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
  });

  it('are read whole up to 16 MiB', async () => {
    const runtime = await startRuntime({ files: { 'index.mjs': content } });
    expect(await upload(runtime, '/text', 16)).toBe(String(16 * MEBIBYTE));
    expect(JSON.parse(await upload(runtime, '/text', 17))).toMatchObject({ status: 413 });
  });
});

/** Uploads zeros, chunked. */
function upload(runtime: Runtime, path: string, mebibytes: number): Promise<string> {
  const chunk = Buffer.alloc(64 * 1024);
  const source = Readable.from(
    (function* () {
      for (let i = 0; i < mebibytes * 16; i++) yield chunk;
    })(),
  );
  return new Promise((resolve, reject) => {
    const sent = request(runtime.url + path, { method: 'POST' }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve(text));
    });
    sent.on('error', reject);
    source.pipe(sent);
  });
}

function residentMebibytes({ pid }: Runtime): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}
