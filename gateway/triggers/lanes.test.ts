import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Lanes } from './lanes.ts';

interface Item {
  event: { id: string; key?: string; type: string; source: string; data: Buffer };
  since: number;
}

const item = (index: number, key: string | undefined): Item => ({
  event: { id: String(index), type: 't', source: '/s', data: Buffer.alloc(1), ...(key && { key }) },
  since: 0,
});

it('loses nothing, keeps the order of each key, and has no key in two calls', () => {
  const key = fc.constantFrom(undefined, 'a', 'b', 'c');
  // How many come, how large batches are, and which of the calls that run ends next.
  const step = fc.record({
    keys: fc.array(key, { maxLength: 5 }),
    max: fc.integer({ min: 1, max: 4 }),
    ends: fc.nat(),
  });
  const play = (steps: { keys: (string | undefined)[]; max: number; ends: number }[]) => {
    const lanes = new Lanes<Item>();
    const running: Item[][] = [];
    const begun: Item[] = [];
    let pushed = 0;
    const begin = (max: number) => {
      const batch = lanes.take(max, 0) as Item[];
      if (batch.length === 0) return;
      const busy = new Set(running.flat().flatMap(({ event }) => event.key ?? []));
      expect(batch.some(({ event }) => event.key !== undefined && busy.has(event.key))).toBe(false);
      running.push(batch);
      begun.push(...batch);
    };
    const end = (which: number) => {
      const [batch] = running.splice(which % Math.max(1, running.length), 1);
      if (batch) lanes.done(batch);
    };
    for (const { keys, max, ends } of steps) {
      for (const each of keys) lanes.push(item(pushed++, each));
      begin(max);
      begin(max);
      end(ends);
    }
    for (begin(2); running.length > 0; begin(2)) end(0);
    expect(begun.length).toBe(pushed);
    for (const each of ['a', 'b', 'c']) {
      const ids = begun.filter(({ event }) => event.key === each).map(({ event }) => Number(event.id));
      expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    }
  };
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), play));
});
