import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatTerminationMessage } from './termination.ts';

it('fits 4096 bytes and keeps file and line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 9_000, size: 'max' }), (message) => {
      const text = formatTerminationMessage({ reason: 'LoadFailed', message, file: 'index.mjs', line: 3 });
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096);
      expect(JSON.parse(text)).toMatchObject({ reason: 'LoadFailed', file: 'index.mjs', line: 3 });
    }),
    { numRuns: 100 },
  );
});

it('leaves a short message alone', () => {
  const message = { reason: 'Blocked', message: 'grüße' } as const;
  expect(JSON.parse(formatTerminationMessage(message))).toEqual(message);
});
