/** Lines for people: steps with their time. */
import { duration } from './narrate.ts';

export type Say = (line: string) => void;

export const say: Say = (line) => void process.stdout.write(`${line}\n`);

/** Does the work and prints how it went: `✓ redis started (31 ms)`. What `work` returns as a string is added. */
export async function step<T>(title: string, work: () => Promise<T>, print: Say = say): Promise<T> {
  const started = performance.now();
  try {
    const result = await work();
    const detail = typeof result === 'string' ? `: ${result}` : '';
    print(`✓ ${title}${detail} (${duration(performance.now() - started)})`);
    return result;
  } catch (error) {
    print(`✗ ${title} (${duration(performance.now() - started)})`);
    throw error;
  }
}
