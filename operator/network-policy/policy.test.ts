import { expect, it } from 'vitest';
import { functionsPolicy } from './policy.ts';

it('lets gateways in, and functions out to everything but what is not theirs', () => {
  expect(functionsPolicy('shop', 'catnap-system')).toMatchSnapshot();
});
