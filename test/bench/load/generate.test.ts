import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { generateLoad } from './generate.ts';
import type { LoadPlan } from './plan.ts';

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function plan(listener: RequestListener, rest: Partial<LoadPlan>): Promise<LoadPlan> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { host: '127.0.0.1', port, path: '/', warmupMs: 0, durationMs: 150, answerTimeoutMs: 1000, ...rest };
}

it('keeps exactly its connections busy in a closed loop, with bodies of known and unknown length', async () => {
  let running = 0;
  let most = 0;
  const listener: RequestListener = (request, response) => {
    most = Math.max(most, ++running);
    setTimeout(() => {
      running--;
      if (request.socket.remotePort && request.socket.remotePort % 2) response.write('part');
      response.end('done');
    }, 5);
  };
  const result = await generateLoad(await plan(listener, { connections: 3 }));
  expect(most).toBe(3);
  expect(Object.keys(result.statuses)).toEqual(['200']);
  expect(result.latenciesMs.length).toBe(result.statuses[200]);
  expect(Math.min(...result.latenciesMs)).toBeGreaterThanOrEqual(4);
});

it('keeps its rate in an open loop, whatever comes back', async () => {
  const listener: RequestListener = (_request, response) => {
    setTimeout(() => {
      response.writeHead(503, { 'retry-after': '1' });
      response.end();
    }, 50);
  };
  const result = await generateLoad(await plan(listener, { rate: 200 }));
  expect(result.statuses[503]).toBeGreaterThan(20);
  expect(result.statuses[503]).toBeLessThanOrEqual(31);
  expect(result.retryAfter).toBe(result.statuses[503]);
  expect(result.latenciesMs).toEqual([]);
  expect(result.lateMs.length).toBe(result.statuses[503]);
  expect(Math.min(...result.lateMs)).toBeGreaterThanOrEqual(0);
});

it('tells how late it was itself', async () => {
  const block: RequestListener = (_request, response) => {
    // The server shares the generator's event loop here.
    const until = performance.now() + 40;
    while (performance.now() < until);
    response.end();
  };
  const result = await generateLoad(await plan(block, { rate: 100 }));
  expect(Math.max(...result.lateMs)).toBeGreaterThan(25);
});

it('counts calls that are never answered, and broken connections', async () => {
  const silent = await generateLoad(
    await plan(() => {}, { connections: 2, durationMs: 50, answerTimeoutMs: 30 }),
  );
  expect(silent.statuses.none).toBeGreaterThanOrEqual(2);
  const broken = await generateLoad(
    await plan((request) => void request.socket.destroy(), { connections: 1, durationMs: 50 }),
  );
  expect(broken.statuses.none).toBeGreaterThanOrEqual(1);
});
