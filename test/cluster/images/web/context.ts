import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { inRepository } from '../paths.ts';

/** The server that the end-to-end tests use as a foreign image, with its one package. */
export async function webContext(): Promise<Context> {
  const ws = inRepository('node_modules/ws');
  const files = await Array.fromAsync(
    glob('{package.json,LICENSE,wrapper.mjs,*.js,lib/**/*.js}', { cwd: ws }),
  );
  return {
    'app/web-server.ts': inRepository('test/e2e/fixtures/web-server.ts'),
    'app/package.json': inRepository('test/cluster/images/web/package.json'),
    ...Object.fromEntries(files.map((file) => [`app/node_modules/ws/${file}`, join(ws, file)])),
  };
}
