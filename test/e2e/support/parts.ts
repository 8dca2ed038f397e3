/** Killing parts of the platform. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '#test/harness/wait-for.ts';
import type { TestNamespace } from './namespace.ts';

export type Part = 'redis' | 'operator' | 'gateway';

/** kill -9, without a chance to say goodbye. What supervises the platform starts it again. */
export async function killPart(space: TestNamespace, part: Part): Promise<void> {
  const { stateDir } = space.platform;
  if (stateDir) {
    process.kill(await pidOf(stateDir, part), 'SIGKILL');
    return;
  }
  const selector = `app.kubernetes.io/name=catnap,app.kubernetes.io/component=${part}`;
  await space.kubectl([
    'delete',
    'pod',
    '-n',
    'catnap-system',
    '-l',
    selector,
    '--grace-period=0',
    '--force',
  ]);
}

/** The process id changes with every start; only on the embedded cluster. */
export async function pidOf(stateDir: string, part: Part): Promise<number> {
  return waitFor(async () => Number(await readFile(join(stateDir, `${part}.pid`), 'utf8')), {
    timeoutMs: 20_000,
    describe: `${part} to run`,
  });
}
