import { Agent, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Runtime, startRuntime, useRuntime } from './runtime.ts';

useRuntime();

const seen = (runtime: Runtime, text: string) =>
  waitFor(() => runtime.stdout().includes(text), { describe: text, timeoutMs: 5_000, intervalMs: 5 });

const content = `
  export const handler = async (event, { signal }) => {
    if (event.path === '/quick') return 'quick';
    console.log('waiting');
    await new Promise((resolve) => setTimeout(resolve, Number(event.query.ms)));
    return 'done';
  };`;

interface Answer {
  status: number | undefined;
  body: string;
  connection: string | undefined;
  rejected: string | string[] | undefined;
}

function call(runtime: Runtime, path: string, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${runtime.url}${path}`, { agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.on('end', () => {
        const { connection, 'x-catnap-rejected': rejected } = response.headers;
        resolve({ status: response.statusCode, body, connection, rejected });
      });
    });
    sent.on('error', reject).end();
  });
}

describe('SIGTERM', () => {
  it('lets the running call finish, answers new ones for a moment, refuses the rest, exits 0', async () => {
    const runtime = await startRuntime({ files: { 'index.mjs': content } });
    const running = call(runtime, '/slow?ms=2500');
    await seen(runtime, 'waiting');
    runtime.kill('SIGTERM');
    await seen(runtime, '"msg":"draining"');
    expect(await call(runtime, '/quick')).toMatchObject({ status: 200, body: 'quick', connection: 'close' });
    const refused = await waitFor(
      async () => {
        const answer = await call(runtime, '/quick');
        return answer.status === 503 && answer;
      },
      { describe: 'new calls to be refused', timeoutMs: 2_000, intervalMs: 20 },
    );
    expect(refused).toMatchObject({ rejected: 'draining', connection: 'close' });
    expect(await running).toMatchObject({ status: 200, body: 'done', connection: 'close' });
    expect(await runtime.exited).toEqual({ code: 0, signal: null });
  });

  it('fails no call of a caller that sends one after the other', async () => {
    const runtime = await startRuntime({ files: { 'index.mjs': content } });
    const agent = new Agent({ keepAlive: true });
    const answers = new Map<string, number>();
    const send = async () => {
      const { status, rejected } = await call(runtime, '/quick', agent);
      const kind = `${status} ${rejected ?? ''}`.trim();
      answers.set(kind, (answers.get(kind) ?? 0) + 1);
      return kind;
    };
    for (let i = 0; i < 20; i++) await send();
    runtime.kill('SIGTERM');
    while ((await send()) === '200');
    agent.destroy();
    expect([...answers.keys()].sort()).toEqual(['200', '503 draining']);
    expect((await runtime.exited).code).toBe(0);
  });

  it('ends an idle runtime after the moment for stragglers', async () => {
    const runtime = await startRuntime({ files: { 'index.mjs': content } });
    const agent = new Agent({ keepAlive: true });
    await call(runtime, '/quick', agent);
    const started = performance.now();
    runtime.kill('SIGTERM');
    expect((await runtime.exited).code).toBe(0);
    expect(performance.now() - started).toBeGreaterThan(900);
    expect(performance.now() - started).toBeLessThan(2_500);
    agent.destroy();
  });

  it('waits for what was given to waitUntil', async () => {
    const app = `export default { fetch(request, env, ctx) {
      ctx.waitUntil(new Promise((r) => setTimeout(r, 2000)).then(() => console.log('saved')));
      return new Response('ok');
    } };`;
    const runtime = await startRuntime({ files: { 'index.mjs': app }, handler: 'index.default' });
    expect((await call(runtime, '/')).body).toBe('ok');
    runtime.kill('SIGTERM');
    expect((await runtime.exited).code).toBe(0);
    expect(runtime.stdout()).toContain('"msg":"saved"');
  });

  it('does not wait for a handler that ignored its timeout', async () => {
    const files = { 'index.mjs': 'export const handler = () => new Promise(() => {});' };
    const runtime = await startRuntime({ files, env: { CATNAP_TIMEOUT_SECONDS: '1' } });
    const running = call(runtime, '/');
    runtime.kill('SIGTERM');
    expect((await running).status).toBe(504);
    expect((await runtime.exited).code).toBe(0);
  });

  it('sent twice ends the process at once', async () => {
    const runtime = await startRuntime({ files: { 'index.mjs': content } });
    const running = call(runtime, '/slow?ms=20000');
    await seen(runtime, 'waiting');
    runtime.kill('SIGTERM');
    await seen(runtime, '"msg":"draining"');
    runtime.kill('SIGTERM');
    await expect(running).rejects.toThrow();
    expect((await runtime.exited).code).toBe(0);
  });
});
