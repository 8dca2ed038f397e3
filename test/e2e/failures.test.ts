import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { inline, SLOW_ECHO } from './support/function.ts';
import { call, problem } from './support/http.ts';
import { useNamespace } from './support/namespace.ts';

describe('code that does not load', () => {
  const space = useNamespace('load');

  it('is told in the condition and to callers, with file and line, without a restart storm, until it is mended', async () => {
    const test = space();
    await test.apply('broken', inline('export const handler = () => 1;\n\nthrow new Error("no luck");'));
    const failed = await test.condition('broken', 'Ready', ({ status }) => status === 'False');
    expect(failed).toMatchObject({ reason: 'LoadFailed' });
    expect(failed.message).toMatch(/index\.mjs:3/);
    expect(failed.message).toContain('no luck');

    await test.untilAsleep('broken');
    const answer = await test.call('broken');
    expect(answer.status, answer.text).toBe(502);
    expect(problem(answer)).toMatchObject({ type: 'https://catnap.dev/problems/load-failed' });
    expect(problem(answer).detail).toMatch(/index\.mjs:3/);
    expect(problem(answer).detail).toContain('no luck');
    await test.untilAsleep('broken');

    await test.deploy('broken', inline("export const handler = () => 'mended';"));
    expect((await test.call('broken')).text).toBe('mended');
  });

  it('names the syntax error', async () => {
    const test = space();
    await test.apply('syntax', inline('export const handler = () => {\n  return 1 +;\n};'));
    const failed = await test.condition('syntax', 'Ready', ({ status }) => status === 'False');
    expect(failed.reason).toBe('LoadFailed');
    expect(failed.message).toMatch(/index\.mjs:2/);
  });

  it('does not take a good revision out of service', async () => {
    const test = space();
    const scaling = { minReplicas: 1 };
    await test.deploy('keeps', inline("export const handler = () => 'good';", { scaling }));
    await test.apply('keeps', inline('throw new Error("bad");', { scaling }));
    const failed = await test.condition('keeps', 'Ready', ({ status }) => status === 'False');
    expect(failed.reason).toBe('LoadFailed');
  });

  it('tells that the ConfigMap with the code is missing, and starts when it comes', async () => {
    const test = space();
    await test.apply('missing', { source: { configMap: { name: 'later' } } });
    const failed = await test.condition('missing', 'Ready', ({ status }) => status === 'False');
    expect(failed).toMatchObject({ reason: 'SourceMissing' });
    expect(failed.message).toContain('later');
    await test.applyData('ConfigMap', 'later', { 'index.mjs': "export const handler = () => 'here';" });
    await test.condition('missing', 'Ready', ({ status }) => status === 'True');
    expect((await test.call('missing')).text).toBe('here');
  });

  it('tells that the image cannot be pulled', async () => {
    const test = space();
    await test.apply('image', { image: 'registry.invalid/nothing:1' });
    const failed = await test.condition('image', 'Ready', ({ status }) => status === 'False');
    expect(failed.reason).toBe('ImagePullFailed');
    expect(failed.message).toContain('registry.invalid/nothing:1');
  });
});

describe('calls that cannot be served', () => {
  const space = useNamespace('calls');

  it('get 404 for what does not exist', async () => {
    const test = space();
    const unknown = await test.call('nobody');
    expect(unknown.status).toBe(404);
    expect(problem(unknown).type).toBe('https://catnap.dev/problems/function-not-found');
    const route = await call(`${test.platform.gatewayUrl}/elsewhere`);
    expect(route.status).toBe(404);
  });

  it('get 503 with Retry-After at once when the queue is full', async () => {
    const test = space();
    const scaling = { concurrency: 1, maxReplicas: 1, minReplicas: 1 };
    await test.deploy('busy', inline(SLOW_ECHO, { scaling, queue: { maxDepth: 2 } }));
    const answers = await Promise.all(Array.from({ length: 10 }, () => test.call('busy', '?ms=1000')));
    const refused = answers.filter(({ status }) => status === 503);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(3);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    expect(answers.length).toBe(refused.length + answers.filter(({ status }) => status === 200).length);
    for (const answer of refused) {
      expect(problem(answer).type).toBe('https://catnap.dev/problems/queue-full');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(answer.ms).toBeLessThan(900);
    }
  });

  it('get 504 when they waited longer than they may', async () => {
    const test = space();
    const scaling = { concurrency: 1, maxReplicas: 1, minReplicas: 1 };
    await test.deploy('patient', inline(SLOW_ECHO, { scaling, queue: { maxWaitSeconds: 1 } }));
    const [first, second] = await Promise.all([
      test.call('patient', '?ms=3000'),
      test.call('patient', '?ms=3000'),
    ]);
    const late = [first, second].find(({ status }) => status !== 200);
    expect(late?.status).toBe(504);
    expect(late && problem(late).type).toBe('https://catnap.dev/problems/queue-timeout');
  });

  it('get 413 for a body that is too large, before it is sent', async () => {
    const test = space();
    await test.deploy('sink', inline(SLOW_ECHO));
    const status = await new Promise((resolve, reject) => {
      const sent = request(test.url('sink'), {
        method: 'POST',
        headers: { 'content-length': String(2 ** 40), expect: '100-continue' },
      });
      sent.once('response', (response) => {
        resolve(response.statusCode);
        sent.destroy();
      });
      sent.once('error', reject);
      sent.flushHeaders();
    });
    expect(status).toBe(413);
    const asynchronous = await test.call('sink', '', {
      method: 'POST',
      headers: { prefer: 'respond-async' },
      body: 'x'.repeat(1_200_000),
    });
    expect(asynchronous.status).toBe(413);
  });

  it('get 500 when the handler throws, without its stack', async () => {
    const test = space();
    await test.deploy('throws', inline('export const handler = () => { throw new Error("oh secret"); };'));
    const answer = await test.call('throws');
    expect(answer.status).toBe(500);
    expect(problem(answer).type).toBe('https://catnap.dev/problems/handler-error');
    expect(answer.text).not.toMatch(/at .*index\.mjs/);
  });
});

describe('calls that take too long', () => {
  const space = useNamespace('slow');

  it('get 504, and the pod goes on', async () => {
    const test = space();
    await test.deploy('waits', inline(SLOW_ECHO, { timeoutSeconds: 1 }));
    const before = JSON.parse((await test.call('waits')).text).pod;
    const answer = await test.call('waits', '?ms=20000');
    expect(answer.status).toBe(504);
    expect(problem(answer).type).toBe('https://catnap.dev/problems/call-timeout');
    expect(answer.ms).toBeLessThan(4_000);
    expect(JSON.parse((await test.call('waits')).text).pod).toBe(before);
  });

  it('get 504 also when they block the process, which is then replaced', async () => {
    const test = space();
    const code = `
      const pod = crypto.randomUUID();
      export const handler = (event) => {
        while (event.query.spin) {}
        return pod;
      };
    `;
    await test.deploy('spins', inline(code, { timeoutSeconds: 1 }));
    const before = (await test.call('spins')).text;
    const blocked = await test.call('spins', '?spin=1');
    expect(blocked.status, blocked.text).toBe(504);
    expect(blocked.ms).toBeLessThan(6_000);
    const next = await test.call('spins');
    expect(next.status, next.text).toBe(200);
    expect(next.text).not.toBe(before);
    await waitFor(async () => (await test.run('get', 'events')).includes('PodReplaced'), {
      timeoutMs: 10_000,
      describe: 'the event PodReplaced',
    });
  });
});
