import { expect, it } from 'vitest';
import { formatLsn, parseLsn } from './lsn.ts';
import { statusMessage } from './replication-stream.ts';
import { slotName } from './slot-name.ts';

it.each([
  ['0/0', 0n],
  ['0/16B3748', 0x16b3748n],
  ['16/B374D848', 0x16b374d848n],
  ['FFFFFFFF/FFFFFFFF', 0xffffffffffffffffn],
])('%s', (text, lsn) => {
  expect([parseLsn(text), formatLsn(lsn)]).toEqual([lsn, text]);
});

it('a status says exactly the position, and not one byte more', () => {
  const message = statusMessage(0x16b374d848n, true);
  expect([1, 9, 17].map((offset) => message.readBigUInt64BE(offset))).toEqual(Array(3).fill(0x16b374d848n));
  expect([message.length, message[0], message[33]]).toEqual([34, 0x72, 1]);
});

it('names of slots are valid, and differ where names of triggers do', () => {
  const names = [
    slotName('shop/orders', 'rows'),
    slotName('shop/orders-rows', 'x'),
    slotName('shop/orders', 'rows-x'),
    slotName(`shop/${'a'.repeat(50)}`, 'b'.repeat(63)),
    slotName(`shop/${'a'.repeat(50)}`, `${'b'.repeat(62)}c`),
  ];
  expect(names[0]).toMatch(/^catnap_shop_orders_rows_[0-9a-f]{8}$/);
  for (const name of names) expect(name).toMatch(/^[a-z0-9_]{1,63}$/);
  expect(new Set(names).size).toBe(names.length);
});
