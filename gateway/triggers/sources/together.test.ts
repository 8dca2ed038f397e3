import { expect, it } from 'vitest';
import { Together } from './together.ts';

it('sends one request at a time, with all that came meanwhile', async () => {
  const sent: { items: number[]; request: PromiseWithResolvers<void> }[] = [];
  const together = new Together<number>((items) => {
    const request = Promise.withResolvers<void>();
    sent.push({ items, request });
    return request.promise;
  });
  const first = together.add(1);
  await new Promise(setImmediate);
  const second = [together.add(2), together.add(3)];
  await new Promise(setImmediate);
  expect(sent.map(({ items }) => items)).toEqual([[1]]);
  sent[0]?.request.reject(new Error('lost'));
  await expect(first).rejects.toThrow('lost');
  await new Promise(setImmediate);
  expect(sent.map(({ items }) => items)).toEqual([[1], [2, 3]]);
  sent[1]?.request.resolve();
  await Promise.all(second);
});
