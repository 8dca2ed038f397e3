import { expect, it } from 'vitest';
import { driftedFiles } from './generate.ts';

it('has generated files that match the definitions (else: npm run generate)', () => {
  expect(driftedFiles()).toEqual([]);
});
