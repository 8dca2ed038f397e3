import type { Pod } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import {
  aBorrowedPod,
  aDeployment,
  aFunction,
  aPod,
  inlineSpec,
  withContainer,
} from '../function/fixtures.ts';
import type { Load, Memory } from './decide.ts';
import { type Change, judge } from './judge.ts';
import { type Loans, supersedeAll } from './loans.ts';

/** A function under a clock that only the test moves; what is decided happens at once, pods start when told. */
class Scene {
  nowMs = 1_000_000;
  own = 0;
  pods: Pod[] = [aBorrowedPod('r1', { name: 'warm-1' })];
  taken = 0;
  spare = 0;
  readonly spec = inlineSpec();
  status: CatnapFunction['status'] = { revision: 'r1', loadedRevision: 'r1' };
  memory: Memory | undefined;
  loans: Loans | undefined;
  readonly changes: Change[] = [];

  /** One second with this many calls at a time. */
  tick(concurrency: number): void {
    this.nowMs += 1_000;
    const load: Load = { concurrency, arrivals: concurrency, active: concurrency > 0, complete: true };
    const fn = aFunction({ spec: this.spec, status: this.status });
    const subject = {
      key: 'shop/hello',
      fn,
      deployment: aDeployment(this.own),
      own: this.own,
      pods: this.pods,
      taken: this.taken,
      spare: () => this.spare,
    };
    const known = { load, memory: this.memory, loans: this.loans, nowMs: this.nowMs };
    const { decision, loans, change } = judge(subject, known);
    this.memory = decision.memory;
    this.loans = change?.takeOver ? supersedeAll(loans) : loans;
    if (!change) return;
    this.changes.push(change);
    this.own = change.ownTo;
    this.pods = this.pods.filter((pod) => !change.retire.includes(pod));
  }

  run(seconds: number, concurrency: number): void {
    for (let second = 0; second < seconds; second++) this.tick(concurrency);
  }

  /** The Deployment's pods, ready. */
  start(revision = 'r1'): void {
    const own = Array.from({ length: this.own }, (_, index) =>
      aPod(revision, { name: `own-${index}`, ready: true }),
    );
    this.pods = [...this.pods.filter(({ metadata }) => metadata?.name?.startsWith('warm')), ...own];
  }

  names = () => this.pods.map(({ metadata }) => metadata?.name);
  story = () => this.changes.map(({ from, to, why, takeOver }) => [from, to, takeOver ?? why]);
}

describe('a function with a pod from the pool', () => {
  it('sleeps when it is idle, without any scale', () => {
    const s = new Scene();
    s.run(10, 2);
    s.run(59, 0);
    expect(s.changes).toEqual([]);
    s.tick(0);
    expect(s.story()).toEqual([[1, 0, 'idle']]);
    expect([s.own, s.names()]).toEqual([0, []]);
  });

  it('grows by its Deployment', () => {
    const s = new Scene();
    s.tick(35);
    expect(s.own).toBe(4);
    expect(s.story()).toEqual([[1, 5, 'panic']]);
    expect(s.names()).toEqual(['warm-1']);
  });

  it('gives back the pool’s pods first', () => {
    const s = new Scene();
    s.pods.push(aBorrowedPod('r1', { name: 'warm-2' }));
    s.own = 1;
    s.start();
    s.run(62, 14);
    expect(s.story()).toEqual([[3, 2, 'load']]);
    expect([s.own, s.names()]).toEqual([1, ['warm-1', 'own-0']]);
  });

  it('gives back the one that answers no calls first', () => {
    const s = new Scene();
    s.pods = [aBorrowedPod('r1', { name: 'warm-1', ready: false }), aBorrowedPod('r1', { name: 'warm-2' })];
    s.run(61, 7);
    expect(s.names()).toEqual(['warm-2']);
  });

  it('is not scaled by an operator that has just started', () => {
    const s = new Scene();
    s.own = 1;
    s.start();
    s.run(59, 0);
    expect(s.changes).toEqual([]);
  });
});

describe('the Deployment takes over', () => {
  it('from a pod that is busy for two minutes, before that one goes', () => {
    const s = new Scene();
    s.run(120, 3);
    expect(s.changes).toEqual([]);
    s.tick(3);
    expect(s.story()).toEqual([[1, 1, 'lasting load']]);
    expect([s.own, s.names()]).toEqual([1, ['warm-1']]);
    s.run(30, 3);
    expect(s.names()).toEqual(['warm-1']);
    s.start();
    s.tick(3);
    expect(s.names()).toEqual(['own-0']);
    s.run(60, 3);
    expect(s.own).toBe(1);
  });

  it('not while nobody calls, however old the pod is', () => {
    const s = new Scene();
    s.spec.scaling = { ...s.spec.scaling, idleSeconds: 3_600 };
    s.run(600, 0);
    expect(s.changes).toEqual([]);
    s.tick(1);
    expect(s.own).toBe(1);
  });

  it('without growing by what it replaces, in a panic', () => {
    const s = new Scene();
    s.run(119, 3);
    s.run(10, 30);
    expect(s.own).toBe(5);
    s.run(30, 30);
    expect(s.own).toBe(5);
    s.start();
    s.tick(30);
    expect(s.names()).not.toContain('warm-1');
    expect(s.own).toBe(5);
  });

  it('for scaling.minReplicas', () => {
    const s = new Scene();
    s.spec.scaling = { ...s.spec.scaling, minReplicas: 2 };
    s.tick(1);
    expect(s.story()).toEqual([[1, 2, 'minimum']]);
    expect([s.own, s.names()]).toEqual([2, ['warm-1']]);
    s.start();
    s.tick(1);
    expect(s.names()).toEqual(['own-0', 'own-1']);
  });

  it('for an open schedule', () => {
    const s = new Scene();
    const night = {
      name: 'night',
      start: '0 22 * * *',
      durationMinutes: 60,
      timeZone: 'UTC',
      minReplicas: 2,
    };
    s.spec.scaling = { ...s.spec.scaling, schedules: [night] };
    s.status = { revision: 'r1', loadedRevision: 'r1', minReplicas: 2, openSchedules: ['night'] };
    s.tick(1);
    expect(s.story()).toEqual([[1, 2, 'schedule']]);
    expect(s.own).toBe(2);
  });

  it('with a new revision, once that is seen to load', () => {
    const s = new Scene();
    s.run(3, 3);
    s.status = { revision: 'r2', loadedRevision: 'r1' };
    s.tick(3);
    expect([s.own, s.names()]).toEqual([1, ['warm-1']]);
    s.start('r2');
    s.run(10, 3);
    s.status = { revision: 'r2', loadedRevision: 'r2' };
    s.tick(3);
    expect(s.names()).toEqual(['own-0']);
    s.run(30, 3);
    expect(s.own).toBe(1);
  });

  it('and goes to zero with what it replaces', () => {
    const s = new Scene();
    s.run(121, 3);
    s.run(60, 0);
    expect([s.own, s.names()]).toEqual([0, []]);
  });
});

describe('a new revision that does not load', () => {
  it('leaves the pod from the pool answering', () => {
    const s = new Scene();
    s.status = { revision: 'r2', loadedRevision: 'r1' };
    s.tick(3);
    const ended = { state: { terminated: { exitCode: 78 } } };
    s.pods = [aBorrowedPod('r1', { name: 'warm-1' }), withContainer(aPod('r2', { name: 'own-0' }), ended)];
    s.status = { ...s.status, conditions: [loadFailed] };
    s.run(30, 3);
    expect([s.own, s.names()]).toEqual([1, ['warm-1', 'own-0']]);
  });
});

describe('a pod from the pool that serves nothing', () => {
  const ended = { state: { terminated: { exitCode: 78 } } };

  it('goes when its code does not load, once that was told of', () => {
    const s = new Scene();
    s.pods = [withContainer(aBorrowedPod('r1', { ready: false }), ended)];
    s.tick(1);
    expect(s.names()).toHaveLength(1);
    s.status = { ...s.status, conditions: [loadFailed] };
    s.tick(1);
    expect([s.own, s.names()]).toEqual([0, []]);
  });

  it('goes at once when others answer', () => {
    const s = new Scene();
    s.pods.push(withContainer(aBorrowedPod('r1', { name: 'warm-2', ready: false }), ended));
    s.tick(1);
    expect(s.names()).toEqual(['warm-1']);
    expect(s.story()).toEqual([[1, 1, 'load']]);
  });

  it('goes when it has ended for good, which makes it no replica', () => {
    const s = new Scene();
    const evicted = aBorrowedPod('r1', { name: 'warm-2' });
    s.pods.push({ ...evicted, status: { phase: 'Failed' } });
    s.tick(1);
    expect(s.names()).toEqual(['warm-1']);
  });

  it('is not touched when it belongs to an earlier function of the name', () => {
    const s = new Scene();
    const pod = structuredClone(aBorrowedPod('r1'));
    for (const owner of pod.metadata?.ownerReferences ?? []) owner.uid = 'earlier';
    s.pods = [pod];
    s.run(100, 0);
    expect(s.changes).toEqual([]);
  });
});

const loadFailed = {
  type: 'Ready',
  status: 'False' as const,
  reason: 'LoadFailed',
  message: '',
  lastTransitionTime: '',
};

describe('a function on a shared host', () => {
  const hosted = () => {
    const s = new Scene();
    s.pods = [];
    s.spec.class = 'isolate';
    s.status = { ...s.status, launch: { pool: 'nodejs26-hosts-1', digest: '0' } };
    return s;
  };

  it('needs no pod for what one replica can do, and nothing happens when it is idle', () => {
    const s = hosted();
    s.run(30, 5);
    s.run(120, 0);
    expect(s.changes).toEqual([]);
    expect(s.memory).toBeUndefined();
  });

  it('gets pods of its own when it needs more, and goes back to hosts when it was idle', () => {
    const s = hosted();
    s.run(10, 25);
    s.start();
    s.run(10, 25);
    s.start();
    expect(s.own).toBe(4);
    s.run(120, 0);
    expect(s.own).toBe(0);
  });

  it('keeps the pods that minReplicas asks for', () => {
    const s = hosted();
    s.spec.scaling.minReplicas = 1;
    s.run(3, 1);
    expect(s.own).toBe(1);
  });

  it('starts one to see a new revision load', () => {
    const s = hosted();
    s.status = { ...s.status, revision: 'r2' };
    s.run(1, 1);
    expect(s.own).toBe(1);
  });
});

describe('pods that were taken and are not labelled yet', () => {
  const scene = (taken: number, pods = 0) => {
    const s = new Scene();
    s.pods = Array.from({ length: pods }, (_, index) => aBorrowedPod('r1', { name: `warm-${index}` }));
    s.taken = taken;
    return s;
  };

  it('count for what the load asks for', () => {
    const s = scene(12, 8);
    s.run(10, 200);
    expect(s.changes).toEqual([]);
  });

  it('have no Deployment grow for a single call either', () => {
    const s = scene(1);
    s.run(10, 1);
    expect(s.changes).toEqual([]);
  });

  it('leave the rest to the Deployment', () => {
    const s = scene(4, 4);
    s.run(3, 84);
    expect(s.own).toBe(4);
  });

  it('take nothing from what is there', () => {
    const s = scene(6, 4);
    s.run(10, 35);
    expect(s.changes).toEqual([]);
    expect(s.pods).toHaveLength(4);
  });

  it('do not stand in for the pod that verifies a revision', () => {
    const s = scene(1);
    s.status = { revision: 'r2', loadedRevision: 'r1' };
    s.tick(1);
    expect(s.own).toBe(1);
  });

  it('do not stand in for the minimum', () => {
    const s = scene(2);
    s.spec.scaling.minReplicas = 1;
    s.tick(1);
    expect(s.own).toBe(1);
  });
});

describe('pods of the pool that are free', () => {
  it('come before pods of the Deployment, for two seconds', () => {
    const s = new Scene();
    s.spare = 2;
    s.tick(35);
    expect([s.own, s.story()]).toEqual([2, [[1, 3, 'panic']]]);
    s.tick(35);
    expect(s.own).toBe(2);
    s.tick(35);
    expect([s.own, s.story().at(-1)]).toEqual([4, [3, 5, 'panic']]);
  });

  it('are no reason to go without a minimum', () => {
    const s = new Scene();
    s.spec.scaling.minReplicas = 3;
    s.spare = 9;
    s.tick(0);
    expect(s.own).toBe(3);
  });
});
