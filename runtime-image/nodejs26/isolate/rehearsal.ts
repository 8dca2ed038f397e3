import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadFunction } from '../process/load-function.ts';
import { Serving } from '../process/serving.ts';
import { exchange } from '../warm/exchange.ts';
import { LaunchDirectory } from '../warm/launch-directory.ts';
import { callText, close, LOOPBACK, pieces, standIn } from '../warm/pieces.ts';
import { environment } from '../wire.ts';

/** What the third brings is hardly to be measured. */
const ROUNDS = 2;

/** Loads and calls functions that do nothing, so that the first real one finds the thread's code compiled. */
export async function rehearse(directory: string): Promise<void> {
  const all = Array.from({ length: ROUNDS }, () => pieces).flat();
  for (const [i, { handler, files }] of all.entries()) {
    const stage = join(directory, `rehearsal-${i}`);
    mkdirSync(stage, { recursive: true });
    const spec = { function: 'rehearsal/piece', revision: '0', env: {}, files };
    const env = {
      HOST: LOOPBACK,
      [environment.port]: '0',
      [environment.handler]: handler,
      [environment.functionName]: 'piece',
      [environment.functionDir]: new LaunchDirectory(stage).writeFiles(spec),
    };
    const serving = new Serving(
      await loadFunction(env, (error) => {
        throw error;
      }),
    );
    await serving.listen(standIn(env));
    await exchange(serving.port, LOOPBACK, callText());
    await close(serving.server);
    rmSync(stage, { recursive: true });
  }
}
