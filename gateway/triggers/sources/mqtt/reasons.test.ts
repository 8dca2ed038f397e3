import { expect, it } from 'vitest';
import { disconnectReason, refusal } from './reasons.ts';

it('names the remedy for refused credentials in both versions', () => {
  for (const [version, code] of [
    [4, 5],
    [5, 134],
  ] as const) {
    expect(refusal(version, code)).toContain('Secret of secretRef');
  }
  expect(refusal(5, 0)).toBeUndefined();
  expect(refusal(4, 99)).toContain('code 99');
});

it('names the remedy when another client takes over', () => {
  expect(disconnectReason(142)).toContain('mqtt.clientId');
});
