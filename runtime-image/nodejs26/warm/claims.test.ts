import { describe, expect, it, vi } from 'vitest';
import { type Claim, Claims, type Outcome, type Reply } from './claims.ts';

const claimOf = (key: string, revision = 'r1'): Claim => ({
  spec: { function: key, revision, env: {} },
  body: Buffer.from(''),
  receivedAt: 0,
});
const served: Outcome = { status: 200, body: { loadMs: 2 } };
const unloadable: Outcome = { status: 422, body: { reason: 'LoadFailed', message: 'boom' } };

function setUp() {
  const take = vi.fn();
  let leaving = false;
  const claims = new Claims({ take, leaving: () => leaving });
  const claim = (...args: Parameters<typeof claimOf>) => {
    const reply = vi.fn<Reply>(async () => undefined);
    claims.claim(claimOf(...args), reply);
    return reply;
  };
  const leave = () => {
    leaving = true;
  };
  return { take, claims, claim, leave };
}

describe('Claims', () => {
  it('are taken once, by the first', () => {
    const { take, claims, claim } = setUp();
    expect(claims.taken).toBe(false);
    const first = claim('shop/a');
    claim('shop/a');
    claim('shop/b');
    expect(claims.taken).toBe(true);
    expect(take.mock.calls).toEqual([[claimOf('shop/a')]]);
    expect(first).not.toHaveBeenCalled();
  });

  it('of another function or revision are refused at once, also while the first loads', () => {
    const { claim } = setUp();
    claim('shop/a');
    expect(claim('shop/b')).toHaveBeenCalledWith({ status: 409 });
    expect(claim('shop/a', 'r2')).toHaveBeenCalledWith({ status: 409 });
  });

  it.each([served, unloadable])('of the same are all answered the same: $status', async (outcome) => {
    const { claims, claim } = setUp();
    const waiting = [claim('shop/a'), claim('shop/a')];
    await claims.settle(outcome);
    for (const reply of waiting) expect(reply.mock.calls).toEqual([[outcome]]);
    expect(claim('shop/a').mock.calls).toMatchObject([[outcome]]);
  });

  it('are told when they come after the code was loaded', async () => {
    const { claims, claim } = setUp();
    claim('shop/a');
    await claims.settle(served);
    expect(claim('shop/a')).toHaveBeenCalledWith({ status: 200, body: { loadMs: 2, again: true } });
  });

  it('are told in the moment when they are settled', () => {
    const { claims, claim } = setUp();
    const reply = claim('shop/a');
    void claims.settle(unloadable);
    expect(reply).toHaveBeenCalledWith(unloadable);
  });

  it('are settled only when everyone who waits has been told', async () => {
    const { claims } = setUp();
    const told = Promise.withResolvers<void>();
    claims.claim(claimOf('shop/a'), () => told.promise);
    const done = vi.fn();
    const settled = claims.settle(served).then(done);
    await Promise.resolve();
    expect(done).not.toHaveBeenCalled();
    told.resolve();
    await settled;
    expect(done).toHaveBeenCalledOnce();
  });

  it('are refused by a pod that leaves, whoever makes them', async () => {
    const { take, claims, claim, leave } = setUp();
    const first = claim('shop/a');
    leave();
    expect(claim('shop/a')).toHaveBeenCalledWith({ status: 503 });
    expect(claim('shop/b')).toHaveBeenCalledWith({ status: 503 });
    await claims.settle(served);
    expect(first.mock.calls).toEqual([[served]]);
    expect(take).toHaveBeenCalledOnce();
  });

  it('come too late for a pod that was claimed before', () => {
    const claims = Claims.settled(claimOf('shop/a').spec, served, () => false);
    const reply = vi.fn<Reply>(async () => undefined);
    claims.claim(claimOf('shop/a'), reply);
    claims.claim(claimOf('shop/b'), reply);
    const late = { status: 200, body: { loadMs: 2, again: true } };
    expect(reply.mock.calls).toEqual([[late], [{ status: 409 }]]);
  });
});
