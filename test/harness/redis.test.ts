import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { startRedis } from './redis.ts';

it.each(['always', 'everysec'] as const)(
  'keeps what it acknowledged over kill -9 with appendfsync %s, and leaves nothing when stopped',
  async (appendfsync) => {
    const server = await startRedis({ appendfsync });
    const client = new Redis(server.url, { lazyConnect: true });
    client.on('error', () => {});
    try {
      await client.set('key', 'value');
      const before = server.pid;
      await server.kill();
      expect(server.pid).toBe(0);
      await server.restart();
      expect(server.pid).not.toBe(before);
      expect(await client.get('key')).toBe('value');
    } finally {
      client.disconnect();
      const { pid } = server;
      await server.stop();
      expect(() => process.kill(pid, 0)).toThrow();
    }
  },
);
