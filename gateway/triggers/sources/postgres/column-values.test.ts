import { expect, it } from 'vitest';
import { columnParser } from './column-values.ts';

it.each([
  ['boolean', 16, 't', true],
  ['integer', 23, '-7', -7],
  ['bigint', 20, '9007199254740993', '9007199254740993'],
  ['numeric', 1700, '0.10', '0.10'],
  ['double precision', 701, '1.5e+300', 1.5e300],
  ['not a number', 701, 'NaN', 'NaN'],
  ['infinity', 700, '-Infinity', '-Infinity'],
  ['jsonb', 3802, '{"a": [1]}', { a: [1] }],
  ['timestamp', 1114, '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05.000006'],
  ['date', 1082, '2026-01-02', '2026-01-02'],
  ['array of integer', 1007, '{1,NULL,3}', [1, null, 3]],
  ['array of text', 1009, '{"a,b",c}', ['a,b', 'c']],
  ['bytea', 17, '\\x00ff', '\\x00ff'],
  ['anything else', 99_999, 'x', 'x'],
])('%s', (_, oid, text, value) => {
  expect(columnParser(oid)(text)).toEqual(value);
});
