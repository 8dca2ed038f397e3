import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { generatedFiles } from './generate.ts';

it('has generated files that match the definitions (else: npm run generate)', () => {
  const drifted = generatedFiles().filter(({ path, content }) => readFileSync(path, 'utf8') !== content);
  expect(drifted.map(({ path }) => path)).toEqual([]);
});
