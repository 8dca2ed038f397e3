import { expect, it } from 'vitest';
import { attributesText } from './attributes.ts';

it('leaves out nothing and too much', () => {
  expect(attributesText({})).toBeUndefined();
  expect(attributesText({ tenant: 'acme' })).toBe('{"tenant":"acme"}');
  expect(attributesText({ text: 'x'.repeat(5_000) })).toBeUndefined();
});
