import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { generateBurst } from './burst.ts';

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function portOf(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

it('opens every connection before the first request, and sends one on each', async () => {
  const answers: (() => void)[] = [];
  let connectionsAtFirstRequest = 0;
  let connections = 0;
  const port = await portOf(({ url }, response) => {
    connectionsAtFirstRequest ||= connections;
    answers.push(() => {
      response.statusCode = url === '/1' ? 503 : 200;
      response.end(`for ${url}`);
    });
    if (answers.length === 3) for (const answer of answers) answer();
  });
  servers.at(-1)?.on('connection', () => connections++);
  const burst = ['/0', '/1', '/2'];
  const { calls, writtenMs } = await generateBurst({
    host: '127.0.0.1',
    port,
    burst,
    answerTimeoutMs: 1000,
  });
  expect(connectionsAtFirstRequest).toBe(3);
  expect(calls.map(({ status, body }) => [status, body])).toEqual([
    [200, 'for /0'],
    [503, 'for /1'],
    [200, 'for /2'],
  ]);
  for (const { ms } of calls) expect(ms).toBeGreaterThanOrEqual(writtenMs);
});

it('gives up on calls without an answer, and refuses to begin without its connections', async () => {
  const port = await portOf(() => {});
  const plan = { host: '127.0.0.1', burst: ['/'], answerTimeoutMs: 20 };
  const { calls } = await generateBurst({ ...plan, port });
  expect(calls[0]?.status).toBeUndefined();
  await expect(generateBurst({ ...plan, port: 1 })).rejects.toThrow('1 of 1 connections');
});
