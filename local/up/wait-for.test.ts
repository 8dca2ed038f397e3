import { expect, it } from 'vitest';
import { waitFor } from './wait-for.ts';

it('returns what the condition returned once it is something', async () => {
  let asked = 0;
  const value = await waitFor(() => (++asked === 3 ? 'there' : undefined), {
    timeoutMs: 1000,
    describe: 'it',
    intervalMs: 1,
  });
  expect(value).toBe('there');
});

it('says what it waited for and what it saw last', async () => {
  const refused = () => {
    throw new TypeError('refused');
  };
  await expect(waitFor(refused, { timeoutMs: 5, describe: 'a pod', intervalMs: 1 })).rejects.toThrow(
    'waited 0.005 s in vain for a pod; last: TypeError: refused',
  );
});
