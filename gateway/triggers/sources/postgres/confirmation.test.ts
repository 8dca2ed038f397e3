import { describe, expect, it } from 'vitest';
import { Confirmation } from './confirmation.ts';

describe('Confirmation', () => {
  it('moves to the end of a transaction when its last row is delivered', () => {
    const confirmation = new Confirmation(10n);
    confirmation.begin();
    const [first, second] = [confirmation.row(), confirmation.row()];
    first();
    confirmation.commit(20n);
    expect([confirmation.position, confirmation.waiting]).toEqual([10n, 1]);
    second();
    expect([confirmation.position, confirmation.waiting]).toEqual([20n, 0]);
  });

  it('does not move while a transaction is open, although all its rows so far are delivered', () => {
    const confirmation = new Confirmation(10n);
    confirmation.begin();
    confirmation.row()();
    confirmation.idle(50n);
    expect(confirmation.position).toBe(10n);
    confirmation.commit(20n);
    expect(confirmation.position).toBe(20n);
  });

  it('does not pass an earlier transaction that waits', () => {
    const confirmation = new Confirmation(10n);
    const done = [20n, 30n, 40n].map((end) => {
      confirmation.begin();
      const row = confirmation.row();
      confirmation.commit(end);
      return row;
    });
    done[1]?.();
    confirmation.idle(99n);
    expect(confirmation.position).toBe(10n);
    done[0]?.();
    expect(confirmation.position).toBe(30n);
    done[2]?.();
    confirmation.idle(99n);
    expect(confirmation.position).toBe(99n);
  });

  it('never goes back, and passes transactions without rows', () => {
    const confirmation = new Confirmation(100n);
    confirmation.idle(50n);
    confirmation.begin();
    confirmation.commit(70n);
    expect(confirmation.position).toBe(100n);
    confirmation.begin();
    confirmation.commit(110n);
    expect(confirmation.position).toBe(110n);
  });

  it('refuses what is no transaction', () => {
    const confirmation = new Confirmation(0n);
    expect(() => confirmation.row()).toThrow('outside of a transaction');
    expect(() => confirmation.commit(1n)).toThrow('without its begin');
  });
});
