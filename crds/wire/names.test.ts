import { expect, it } from 'vitest';
import { functionDefinition } from '../function/definition.ts';
import { deploymentName, functionKey, splitKey } from './names.ts';

it('makes a Deployment name that fits a DNS label from the longest function name', () => {
  const bound = JSON.stringify(functionDefinition()).match(/metadata\.name\.size\(\) <= (\d+)/)?.[1];
  expect(deploymentName('x'.repeat(Number(bound))).length).toBeLessThanOrEqual(63);
});

it('splits the key that it joined', () => {
  expect(splitKey(functionKey('shop', 'hello'))).toEqual({ namespace: 'shop', name: 'hello' });
});
