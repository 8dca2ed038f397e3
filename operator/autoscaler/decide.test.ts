import { describe, expect, it } from 'vitest';
import { inlineSpec } from '../function/fixtures.ts';
import { type Decision, decide, type Load, type Memory, type Situation, windowsMs } from './decide.ts';

/** A function under a clock that only the test moves; replicas follow each decision at once. */
class Scene {
  nowMs = 1_000_000;
  replicas = 1;
  memory: Memory | undefined;
  readonly scaling: Situation['scaling'] = { ...inlineSpec().scaling };
  readonly flags = { verifying: false, loadFailed: false, failing: false };
  readyReplicas: number | undefined;
  /** Calls that arrive in each second. */
  arrivals = 0;
  /** What open schedules ask for. */
  scheduled = 0;
  last: Decision | undefined;

  /** One second with this many calls at a time; undefined stands for missing data. */
  tick(concurrency: number | undefined, complete = true): Decision {
    this.nowMs += 1000;
    const load: Load | undefined =
      concurrency === undefined
        ? undefined
        : { concurrency, arrivals: this.arrivals, active: concurrency > 0, complete };
    return this.#decide(load);
  }

  /** As many seconds with the same load. Gives the replicas after each. */
  run(seconds: number, concurrency: number | undefined, complete = true): number[] {
    return Array.from({ length: seconds }, () => {
      this.tick(concurrency, complete);
      return this.replicas;
    });
  }

  /** A look between two samples, as after a change of status. */
  poke(): Decision {
    return this.#decide(undefined);
  }

  #decide(load: Load | undefined): Decision {
    const situation: Situation = {
      scaling: this.scaling,
      scheduled: this.scheduled,
      nowMs: this.nowMs,
      load,
      replicas: this.replicas,
      readyReplicas: this.readyReplicas ?? this.replicas,
      memory: this.memory,
      ...this.flags,
    };
    this.last = decide(situation);
    this.memory = this.last.memory;
    this.replicas = this.last.change?.to ?? this.replicas;
    return this.last;
  }
}

function scene(
  overrides: Partial<Pick<Scene, 'replicas'>> & { scaling?: Partial<Scene['scaling']> } = {},
): Scene {
  const made = new Scene();
  Object.assign(made.scaling, overrides.scaling);
  made.replicas = overrides.replicas ?? 1;
  return made;
}

describe('windows', () => {
  it.each([
    [1, 6000, 2000],
    [30, 30_000, 3000],
    [60, 60_000, 6000],
    [3600, 60_000, 6000],
  ])('for %i idle seconds are %i and %i ms', (idleSeconds, stableMs, panicMs) => {
    expect(windowsMs({ ...inlineSpec().scaling, idleSeconds })).toEqual({ stableMs, panicMs });
  });
});

describe('steady load', () => {
  it('keeps as many replicas as fill up to the target', () => {
    const s = scene({ replicas: 3 });
    // 10 calls at a time per replica, target 70 %: 21 calls fill three.
    expect(new Set(s.run(300, 21))).toEqual(new Set([3]));
  });

  it('adds one replica when the target is passed', () => {
    const s = scene({ replicas: 3 });
    s.run(60, 21);
    expect(s.run(60, 22).at(-1)).toBe(4);
  });

  it('does not add one for a sum of fractions', () => {
    const s = scene({ scaling: { concurrency: 1, targetUtilization: 10 }, replicas: 3 });
    expect(new Set(s.run(100, 0.3))).toEqual(new Set([3]));
  });
});

describe('a burst', () => {
  it('panics at twice the capacity and does not wait for the stable window', () => {
    const s = scene();
    s.run(60, 5);
    expect(s.tick(140).change).toEqual({ to: 4, why: 'panic' });
    expect(s.run(6, 140).at(-1)).toBe(20);
  });

  it('never shrinks while it panics', () => {
    const s = scene({ scaling: { idleSeconds: 6 } });
    s.run(6, 5);
    s.run(3, 140);
    const peak = s.replicas;
    expect(peak).toBeGreaterThanOrEqual(10);
    expect(Math.min(...s.run(5, 1))).toBe(peak);
  });

  it('sees a rise below the panic threshold through the stable window only', () => {
    const s = scene({ replicas: 10 });
    s.run(60, 65);
    // 130 % of capacity for one second moves the mean of a minute by a third of a replica.
    expect(s.tick(91).change).toBeUndefined();
  });
});

describe('a target for calls per second', () => {
  it('counts where it asks for more replicas than concurrency', () => {
    const s = scene({ scaling: { requestsPerSecond: 50 } });
    s.arrivals = 200;
    expect(s.run(60, 1).at(-1)).toBe(4);
    s.arrivals = 201;
    expect(s.run(60, 1).at(-1)).toBe(5);
  });

  it('does not count where it asks for fewer', () => {
    const s = scene({ replicas: 3, scaling: { requestsPerSecond: 50 } });
    s.arrivals = 10;
    expect(new Set(s.run(120, 21))).toEqual(new Set([3]));
  });

  it('is absent unless it is set: short calls then need no replicas of their own', () => {
    const s = scene();
    s.arrivals = 10_000;
    expect(new Set(s.run(120, 1))).toEqual(new Set([1]));
  });

  it('panics for a burst of short calls', () => {
    const s = scene({ scaling: { requestsPerSecond: 50 } });
    s.arrivals = 10;
    s.run(60, 0.1);
    s.arrivals = 1_000;
    expect(s.tick(2).change).toEqual({ to: 4, why: 'panic' });
    expect(s.run(6, 2).at(-1)).toBe(20);
  });

  it('keeps replicas for the idle time after the last peak', () => {
    const s = scene({ scaling: { requestsPerSecond: 50 } });
    s.arrivals = 200;
    s.run(120, 1);
    s.arrivals = 10;
    expect(new Set(s.run(59, 1))).toEqual(new Set([4]));
    expect(s.run(12, 1).at(-1)).toBe(1);
  });

  it('counts from when it is set', () => {
    const s = scene();
    s.arrivals = 200;
    s.run(60, 1);
    s.scaling.requestsPerSecond = 50;
    expect(s.run(60, 1).at(-1)).toBe(4);
    delete s.scaling.requestsPerSecond;
    expect(s.run(120, 1).at(-1)).toBe(1);
  });
});

describe('an open schedule', () => {
  it('keeps its replicas without any data, and gives them back when it closes', () => {
    const s = scene({ replicas: 0 });
    s.scheduled = 8;
    expect(s.poke().change).toEqual({ to: 8, why: 'schedule' });
    expect(new Set(s.run(300, 0))).toEqual(new Set([8]));
    s.scheduled = 0;
    expect(s.run(4, 0)).toEqual([4, 2, 1, 0]);
  });

  it('counts only where it asks for more than the minimum', () => {
    const s = scene({ replicas: 0, scaling: { minReplicas: 3 } });
    s.scheduled = 2;
    expect(s.poke().change).toEqual({ to: 3, why: 'minimum' });
  });

  it('adds nothing to the load', () => {
    const s = scene({ replicas: 8 });
    s.scheduled = 5;
    expect(new Set(s.run(120, 56))).toEqual(new Set([8]));
  });

  it('does not try code that failed to load', () => {
    const s = scene({ replicas: 0 });
    s.flags.loadFailed = true;
    s.scheduled = 5;
    expect(s.poke().change).toBeUndefined();
  });
});

describe('rate caps', () => {
  it('grow tenfold at most in one step', () => {
    const s = scene({ scaling: { maxReplicas: 1000, concurrency: 1 } });
    expect(s.tick(900).change).toEqual({ to: 10, why: 'panic' });
    expect(s.tick(900).change).toEqual({ to: 100, why: 'panic' });
    expect(s.tick(900).change?.to).toBe(1000);
  });

  it('shrink by half at most in one step', () => {
    const s = scene({ replicas: 20, scaling: { idleSeconds: 10 } });
    s.run(9, 0);
    expect(s.replicas).toBe(20);
    expect(s.run(7, 0)).toEqual([20, 10, 5, 2, 1, 0, 0]);
  });
});

describe('scale-down', () => {
  it('waits until the larger need is older than the idle time', () => {
    const s = scene({ replicas: 8 });
    s.run(120, 56);
    expect(s.replicas).toBe(8);
    expect(new Set(s.run(59, 7))).toEqual(new Set([8]));
    expect(s.run(12, 7).at(-1)).toBe(1);
  });

  it('is put off by each new peak', () => {
    const s = scene({ replicas: 8 });
    for (let minute = 0; minute < 5; minute++) {
      s.run(8, 56);
      expect(new Set(s.run(50, 7))).toEqual(new Set([8]));
    }
  });
});

describe('to zero', () => {
  it('goes exactly when the last call is the idle time ago', () => {
    const s = scene();
    s.run(30, 3);
    expect(new Set(s.run(59, 0))).toEqual(new Set([1]));
    expect(s.tick(0).change).toEqual({ to: 0, why: 'idle' });
    expect(s.memory).toBeUndefined();
  });

  it('counts from the wake when no call was ever seen', () => {
    const s = scene({ scaling: { idleSeconds: 10 } });
    expect(new Set(s.run(10, 0))).toEqual(new Set([1]));
    expect(s.tick(0).change).toEqual({ to: 0, why: 'idle' });
  });

  it('counts a call too short to show in the mean', () => {
    const s = scene({ scaling: { idleSeconds: 5 } });
    for (let i = 0; i < 20; i++) {
      s.run(3, 0);
      s.tick(0.0001);
      expect(s.replicas).toBe(1);
    }
  });

  it('leaves waking to the gateway', () => {
    const s = scene({ replicas: 0 });
    expect(s.tick(50).change).toBeUndefined();
  });
});

describe('missing data', () => {
  it('changes nothing, however long it lasts', () => {
    const s = scene({ replicas: 5 });
    s.run(10, 30);
    expect(new Set(s.run(1000, undefined))).toEqual(new Set([5]));
  });

  it('restarts the idle time when it ends', () => {
    const s = scene({ replicas: 2, scaling: { idleSeconds: 10 } });
    s.run(5, 3);
    s.run(100, undefined);
    expect(new Set(s.run(10, 0))).toEqual(new Set([2]));
    expect(s.run(3, 0).at(-1)).toBe(0);
  });

  it('does not restart it for one lost reading', () => {
    const s = scene({ scaling: { idleSeconds: 10 } });
    s.run(5, 3);
    s.run(4, 0);
    s.tick(undefined);
    expect(s.run(5, 0)).toEqual([1, 1, 1, 1, 0]);
  });

  it('of one gateway still lets the load of the others add replicas, but takes none away', () => {
    const s = scene({ replicas: 2 });
    expect(s.run(5, 70, false).at(-1)).toBeGreaterThan(2);
    const grown = s.replicas;
    expect(new Set(s.run(300, 0, false))).toEqual(new Set([grown]));
  });
});

describe('a restart of the operator', () => {
  it('never scales down at once', () => {
    const before = scene({ replicas: 12 });
    before.run(100, 84);
    const after = scene({ replicas: before.replicas });
    expect(new Set(after.run(60, 0))).toEqual(new Set([12]));
  });

  it('still scales up at once', () => {
    expect(scene({ replicas: 2 }).tick(140).change).toEqual({ to: 20, why: 'panic' });
  });
});

describe('bounds', () => {
  it('keep the minimum without any data', () => {
    const s = scene({ replicas: 0, scaling: { minReplicas: 3 } });
    expect(s.poke().change).toEqual({ to: 3, why: 'minimum' });
    expect(new Set(s.run(200, 0))).toEqual(new Set([3]));
  });

  it('never pass the maximum, also when it is lowered', () => {
    const s = scene({ replicas: 10, scaling: { maxReplicas: 10 } });
    expect(new Set(s.run(30, 500))).toEqual(new Set([10]));
    s.scaling.maxReplicas = 4;
    expect(s.poke().change).toEqual({ to: 4, why: 'maximum' });
  });
});

describe('load verification', () => {
  it('wants one replica until the code was seen to load', () => {
    const s = scene({ replicas: 0 });
    s.flags.verifying = true;
    expect(s.poke().change).toEqual({ to: 1, why: 'verification' });
    expect(new Set(s.run(300, 0))).toEqual(new Set([1]));
    s.flags.verifying = false;
    expect(s.tick(0).change).toEqual({ to: 0, why: 'idle' });
  });
});

describe('code that failed to load', () => {
  function failed() {
    const s = scene();
    Object.assign(s.flags, { verifying: true, loadFailed: true, failing: true });
    return s;
  }

  it('goes to zero at once and stays there', () => {
    const s = failed();
    expect(s.poke().change).toEqual({ to: 0, why: 'load failure' });
    s.flags.failing = false;
    expect(new Set(s.run(300, 5))).toEqual(new Set([0]));
  });

  it('holds at zero against the minimum', () => {
    const s = failed();
    s.scaling.minReplicas = 3;
    expect(s.poke().change).toEqual({ to: 0, why: 'load failure' });
    s.flags.failing = false;
    expect(new Set(s.run(10, undefined))).toEqual(new Set([0]));
  });

  it('may try again when a caller woke it, with one replica', () => {
    const s = failed();
    s.poke();
    s.replicas = 1;
    s.flags.failing = false;
    s.scaling.minReplicas = 3;
    expect(new Set(s.run(5, 200))).toEqual(new Set([1]));
    s.flags.failing = true;
    expect(s.poke().change).toEqual({ to: 0, why: 'load failure' });
  });

  it('tries again with the next revision', () => {
    const s = failed();
    s.poke();
    Object.assign(s.flags, { loadFailed: false, failing: false });
    expect(s.poke().change).toEqual({ to: 1, why: 'verification' });
  });
});

it('does not change the memory it is given', () => {
  const s = scene();
  s.run(5, 5);
  const memory = structuredClone(s.memory);
  const given = s.memory;
  s.tick(200);
  expect(given).toEqual(memory);
});
