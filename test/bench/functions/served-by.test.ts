import { expect, it } from 'vitest';
import { podNamed, servedBy } from './served-by.ts';

it('goes by the name of the pod', () => {
  expect(servedBy('pool-a1b2-x7z9q')).toBe('pool');
  expect(servedBy('fn-cold-5d8f-abcde')).toBe('own');
  expect(podNamed('fn-cold-5d8f-abcde')).toBe('fn-cold-5d8f-abcde');
});

it('goes by the pods that were there when the answer does not tell, and never guesses', () => {
  expect(servedBy('my-laptop', ['pool-a'])).toBe('pool');
  expect(servedBy('my-laptop', ['fn-a', 'fn-b'])).toBe('own');
  expect(servedBy('my-laptop', ['fn-a', 'pool-b'])).toBe('unknown');
  expect(servedBy('{"title":"Queue full"}')).toBe('unknown');
  expect(podNamed('my-laptop')).toBeUndefined();
});
