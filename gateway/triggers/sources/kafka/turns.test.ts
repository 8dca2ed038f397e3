import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

const record = (text: string) => ({ value: Buffer.from(text) });

it('gives each partition its turn, in its own order', () => {
  const turns = new Turns<{ value?: Buffer }>();
  for (const text of ['a1', 'a2', 'a3']) turns.add('a', record(text));
  turns.add('b', record('b1'));
  turns.add('c', { value: undefined });
  expect([turns.size, turns.bytes]).toEqual([5, 8]);
  const order = [turns.next(), turns.next(), turns.next(), turns.next()];
  expect(order.map((taken) => taken?.value?.toString())).toEqual(['a1', 'b1', undefined, 'a2']);
  turns.add('b', record('b2'));
  expect(turns.next()?.value?.toString()).toBe('a3');
  expect(turns.next()?.value?.toString()).toBe('b2');
  expect(turns.next()).toBeUndefined();
  expect([turns.size, turns.bytes]).toEqual([0, 0]);
});
