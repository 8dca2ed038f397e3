import { fileURLToPath } from 'node:url';
import { ensureProgram, extractFile } from '../apt.ts';
import type { Context } from '../context.ts';
import { librariesOf, placed } from '../libraries.ts';

const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** In Debian the server is this program under another name; its package, unlike the server's, starts no service. */
const SERVER = '/usr/bin/redis-check-rdb';
const CLIENT = '/usr/bin/redis-cli';

/** Redis from Debian, and a shell. `cache` keeps what is downloaded. */
export async function redisContext(cache: string, say: (line: string) => void): Promise<Context> {
  await ensureProgram(SERVER, 'redis-tools', say);
  return {
    'root/bin/busybox': await extractFile('busybox-static', 'bin/busybox', `${cache}/busybox`),
    'root/usr/bin/redis-server': SERVER,
    'root/usr/bin/redis-cli': CLIENT,
    ...placed(await librariesOf(SERVER, CLIENT)),
    'root/etc/passwd': beside('passwd'),
    'root/usr/local/bin/docker-entrypoint.sh': beside('docker-entrypoint.sh'),
  };
}
