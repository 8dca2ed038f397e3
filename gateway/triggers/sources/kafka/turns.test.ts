import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

const any = () => true;
const record = (text: string) => ({ value: Buffer.from(text) });

it('gives each partition its turn, in its own order', () => {
  const turns = new Turns<{ value?: Buffer }>();
  for (const text of ['a1', 'a2', 'a3']) turns.add('a', record(text));
  turns.add('b', record('b1'));
  turns.add('c', { value: undefined });
  expect([turns.size, turns.bytes]).toEqual([5, 8]);
  const order = [turns.next(any), turns.next(any), turns.next(any), turns.next(any)];
  expect(order.map((taken) => taken?.value?.toString())).toEqual(['a1', 'b1', undefined, 'a2']);
  turns.add('b', record('b2'));
  expect(turns.next(any)?.value?.toString()).toBe('a3');
  expect(turns.next(any)?.value?.toString()).toBe('b2');
  expect(turns.next(any)).toBeUndefined();
  expect([turns.size, turns.bytes]).toEqual([0, 0]);
});

it('passes over a partition that may not have one, which keeps its place', () => {
  const turns = new Turns<{ value?: Buffer }>();
  for (const text of ['a1', 'b1', 'b2']) turns.add(text.charAt(0), record(text));
  const notOfA = (item: { value?: Buffer }) => !String(item.value).startsWith('a');
  expect(String(turns.next(notOfA)?.value)).toBe('b1');
  expect(String(turns.next(any)?.value)).toBe('a1');
  turns.add('a', record('a2'));
  expect(String(turns.next(notOfA)?.value)).toBe('b2');
  expect(turns.next(notOfA)).toBeUndefined();
  expect(turns.size).toBe(1);
});
