/** Skipping aloud. */
import type { TestContext } from 'vitest';

/** Skips the test unless the platform has what it needs, and says so. */
export function requires<T>(context: TestContext, found: T, what: string): asserts found is NonNullable<T> {
  if (found) return;
  process.stderr.write(`skipped "${context.task.name}": needs ${what}\n`);
  context.skip(`needs ${what}`);
}
