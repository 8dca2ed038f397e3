import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import type { SourceContext, TriggerEvent } from '../source.ts';
import { Session } from './session.ts';

const event = (bytes = 1): TriggerEvent => ({
  id: '1',
  type: 't',
  source: 's',
  data: Buffer.alloc(bytes),
});

function setup(deliver: SourceContext['deliver']) {
  const stopping = new AbortController();
  const context: SourceContext = {
    signal: stopping.signal,
    log: pino({ level: 'silent' }),
    connected: () => {},
    lag: () => {},
    deliver,
  };
  return { session: new Session(context), stop: () => stopping.abort() };
}

describe('Session', () => {
  it('acknowledges only what was delivered', async () => {
    const acknowledge = vi.fn();
    const giveBack = vi.fn();
    const good = setup(async () => {});
    good.session.give(event(), acknowledge, giveBack);
    await good.session.settle();
    expect([acknowledge.mock.calls.length, giveBack.mock.calls.length]).toEqual([1, 0]);
    expect(good.session.signal.aborted).toBe(false);

    const bad = setup(() => Promise.reject(new Error('stopped')));
    bad.session.give(event(), acknowledge, giveBack);
    await bad.session.settle();
    expect([acknowledge.mock.calls.length, giveBack.mock.calls.length]).toEqual([1, 1]);
    expect(() => bad.session.rethrow()).toThrow('stopped');
  });

  it('ends the run when acknowledging fails', async () => {
    const { session } = setup(async () => {});
    session.give(event(), () => Promise.reject(new Error('gone')));
    await session.settle();
    expect(session.signal.aborted).toBe(true);
    expect(() => session.rethrow()).toThrow('gone');
  });

  it('is not at fault for what breaks when the trigger stops', async () => {
    const { session, stop } = setup(async () => {});
    stop();
    await session.over;
    session.fail(new Error('the connection was closed'));
    expect(() => session.rethrow()).not.toThrow();
  });

  it('has no room while it holds too many bytes, until some are settled or the run is over', async () => {
    const deliveries: (() => void)[] = [];
    const { session, stop } = setup(() => new Promise((resolve) => void deliveries.push(resolve)));
    const full = 32 * 1024 * 1024;
    session.give(event(full), () => {});
    let room = false;
    const first = session.room().then(() => {
      room = true;
    });
    await new Promise(setImmediate);
    expect(room).toBe(false);
    deliveries[0]?.();
    await first;
    session.give(event(full), () => {});
    const second = session.room();
    stop();
    await second;
    expect(session.inHand).toBe(1);
  });

  it('gives a part of the source half of the room, and others what is left', () => {
    const { session } = setup(() => new Promise(() => {}));
    for (let n = 0; n < 500; n++) session.give(event(1), () => {});
    expect(session.hasRoomBeside({ events: 500, bytes: 500 })).toBe(false);
    expect(session.hasRoomBeside({ events: 499, bytes: 499 })).toBe(true);
    session.give(event(20 * 1024 * 1024), () => {});
    expect(session.hasRoomBeside({ events: 1, bytes: 20 * 1024 * 1024 })).toBe(false);
    expect(session.hasRoomBeside({ events: 0, bytes: 0 })).toBe(true);
  });
});
