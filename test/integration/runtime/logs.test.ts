import { expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { startRuntime, useRuntime } from './runtime.ts';

useRuntime();

it('writes every console line as JSON with the call it belongs to', async () => {
  const content = `
    console.log('while loading');
    export const handler = async (event, context) => {
      console.log('text %s', 'formatted', { a: 1 });
      await new Promise((r) => setTimeout(r, Number(event.query.ms)));
      console.debug('debug'); console.info('info'); console.warn('warn'); console.error(new Error('printed'));
      console.dir({ deep: true });
      console.table([{ a: 1 }]);
      context.log.info('with fields', { order: 7, level: 'forged', error: new Error('field') });
      return 'ok';
    };`;
  const runtime = await startRuntime({ files: { 'index.mjs': content } });
  const ids = ['first', 'second'];
  await Promise.all(
    ids.map((id, i) => fetch(`${runtime.url}/?ms=${20 - 10 * i}`, { headers: { 'x-request-id': id } })),
  );
  const lines = runtime.logs();
  expect(lines[0]).toMatchObject({ level: 'info', msg: 'while loading', function: 'tests/probe' });
  expect(lines[0]).not.toHaveProperty('requestId');
  expect(lines.find(({ msg }) => msg === 'listening')).toMatchObject({ port: runtime.port, level: 'info' });
  for (const id of ids) {
    const own = lines.filter(({ requestId }) => requestId === id);
    expect(own.map(({ level, msg }) => [level, msg.split('\n')[0]])).toEqual([
      ['info', 'text formatted { a: 1 }'],
      ['debug', 'debug'],
      ['info', 'info'],
      ['warn', 'warn'],
      ['error', 'Error: printed'],
      ['info', '{ deep: true }'],
      ['info', '┌─────────┬───┐'],
      ['info', 'with fields'],
    ]);
    expect(own.every((line) => line.function === 'tests/probe' && !Number.isNaN(Date.parse(line.time)))).toBe(
      true,
    );
    expect(own.at(-1)).toMatchObject({ order: 7, error: expect.stringContaining('Error: field') });
  }
  expect(runtime.stderr()).toBe('');
});

it('bounds the length of a line, in bytes', async () => {
  const content = `export const handler = (event, { log }) => {
    console.log('ä"'.repeat(50_000));
    log.info('short', { huge: 'x'.repeat(100_000) });
    const cycle = {}; cycle.cycle = cycle;
    log.info('cycle', { cycle });
    return 'ok';
  };`;
  const runtime = await startRuntime({ files: { 'index.mjs': content } });
  await fetch(runtime.url);
  const texts = runtime.stdout().split('\n').slice(1, -1);
  expect(texts).toHaveLength(3);
  for (const text of texts) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(16_000);
  const [long, short, cycle] = runtime.logs().slice(1);
  expect(long).toMatchObject({ truncated: true, msg: expect.stringMatching(/^ä"ä"ä"/) });
  expect(short).toMatchObject({ truncated: true, msg: 'short' });
  expect(cycle).toMatchObject({ msg: 'cycle', fields: 'not serialisable' });
});

it('makes a request id where the caller sends none, or one unfit for a log', async () => {
  const content = 'export const handler = (event, { requestId }) => requestId;';
  const { url } = await startRuntime({ files: { 'index.mjs': content } });
  const uuid = /^[0-9a-f-]{36}$/;
  expect(await (await fetch(url)).text()).toMatch(uuid);
  expect(await (await fetch(url, { headers: { 'x-request-id': 'x'.repeat(200) } })).text()).toMatch(uuid);
});

it('loses no line when the process ends right after it', async () => {
  const content = `export const handler = () => { for (let i = 0; i < 2000; i++) console.log('line ' + i); process.exit(3); };`;
  const runtime = await startRuntime({ files: { 'index.mjs': content } });
  await expect(fetch(runtime.url)).rejects.toThrow();
  expect((await runtime.exited).code).toBe(3);
  await waitFor(() => runtime.stdout().includes('"line 1999"'), {
    describe: 'the last line',
    timeoutMs: 2_000,
  });
  expect(runtime.logs().filter(({ msg }) => msg.startsWith('line ')).length).toBe(2000);
});
