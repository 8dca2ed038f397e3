import { describe, expect, it } from 'vitest';
import { narrate, type Snapshot, type Telling } from './narrate.ts';

const asleep: Snapshot = {
  title: 'hello',
  url: 'http://localhost:8080/fn/default/hello',
  ready: { status: 'True', reason: 'Loaded', message: '' },
  revision: 'a',
  loadedRevision: 'a',
  wanted: 0,
  available: 0,
};
const verifying = {
  ...asleep,
  ready: { status: 'Unknown', reason: 'Verifying', message: '' },
  loadedRevision: '',
};

/** Walks a function through moments 100 ms apart. */
function story(...moments: (Snapshot | undefined)[]): string[] {
  const lines: string[] = [];
  let waking: Telling['waking'];
  for (const [index, current] of moments.slice(1).entries()) {
    const telling = narrate(moments[index], current, waking, index * 100);
    waking = telling.waking;
    lines.push(...telling.lines);
  }
  return lines;
}

describe('the story of a function', () => {
  it('tells a wake-up by a call, with its time, and the way back to sleep', () => {
    const awake = { ...asleep, wanted: 1 };
    expect(story(asleep, awake, awake, { ...awake, available: 1 }, asleep)).toEqual([
      'hello: woken by a call: 1 pod in 200 ms',
      'hello: asleep',
    ]);
  });

  it('does not call the first start a wake-up', () => {
    expect(
      story(undefined, verifying, { ...verifying, wanted: 1 }, { ...asleep, wanted: 1, available: 1 }),
    ).toEqual([
      'hello: applied',
      'hello: started once to see that its code loads: 1 pod in 100 ms',
      'hello: ready at http://localhost:8080/fn/default/hello',
    ]);
  });

  it('tells scaling between numbers above zero', () => {
    const one = { ...asleep, wanted: 1, available: 1 };
    expect(story(one, { ...one, wanted: 5 }, { ...one, wanted: 2, available: 5 })).toEqual([
      'hello: scaled 1 → 5',
      'hello: scaled 5 → 2',
    ]);
  });

  it('gives the reason and message of a failure on one line, once', () => {
    const failed = {
      ...verifying,
      ready: { status: 'False', reason: 'LoadFailed', message: 'index.mjs:3\n  boom' },
    };
    expect(story(verifying, failed, failed)).toEqual(['hello: LoadFailed: index.mjs:3 boom']);
  });

  it('forgets a wake-up that came to nothing', () => {
    const awake = { ...asleep, wanted: 1 };
    expect(story(asleep, awake, asleep, { ...asleep, available: 1 })).toEqual(['hello: asleep']);
  });

  it('tells a change and a deletion', () => {
    expect(story(asleep, { ...asleep, revision: 'b' }, undefined)).toEqual([
      'hello: changed, new revision',
      'hello: deleted',
    ]);
  });
});
