import { expect, it } from 'vitest';
import { preferredGateway, slotOf } from './slots.ts';

const gateways = ['gateway-a', 'gateway-b', 'gateway-c'];
const functions = Array.from({ length: 5_000 }, (_, i) => `team-${i % 40}/function-${i}`);

function ownersOf(live: readonly string[]): (string | undefined)[] {
  return functions.map((key) => preferredGateway(slotOf(key), live));
}

it('spreads 5,000 functions evenly over gateways', () => {
  const owners = ownersOf(gateways);
  for (const gateway of gateways) {
    const share = owners.filter((owner) => owner === gateway).length;
    expect(share).toBeGreaterThan(1_400);
    expect(share).toBeLessThan(1_950);
  }
});

it('moves only what a gateway that went owned', () => {
  const before = ownersOf(gateways);
  const after = ownersOf(['gateway-c', 'gateway-a']);
  before.forEach((owner, i) => {
    if (owner === 'gateway-b') expect(after[i]).not.toBe('gateway-b');
    else expect(after[i]).toBe(owner);
  });
});

it('gives nothing to nobody', () => {
  expect(preferredGateway(1, [])).toBeUndefined();
});
