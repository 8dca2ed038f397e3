/** What `npm test` consists of. */
import { fileURLToPath } from 'node:url';

export interface Stage {
  name: string;
  /** Node script and its arguments, relative to the repository. */
  args: string[];
  /** Counts its own tests; the others count as one. */
  vitest: boolean;
}

export const root = fileURLToPath(new URL('../..', import.meta.url));

const check = (name: string, ...args: string[]): Stage => ({ name, args, vitest: false });
const suite = (name: string): Stage => ({
  name,
  args: ['node_modules/vitest/vitest.mjs', 'run', '--project', name],
  vitest: true,
});

const checks = [
  check('lint', 'node_modules/@biomejs/biome/bin/biome', 'check', '.'),
  check('types', 'node_modules/typescript/bin/tsc', '-p', '.'),
  check('unused', 'node_modules/knip/bin/knip.js'),
  check('generated files', 'test/run/drift.ts'),
];

export const groups: Record<string, Stage[]> = {
  all: [...checks, suite('unit'), suite('integration'), suite('e2e')],
  check: checks,
};
