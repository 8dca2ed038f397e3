import { expect, it } from 'vitest';
import { Peers, SILENCE_MS } from './peers.ts';

const counts = (entries: Record<string, number>) =>
  new Map(Object.entries(entries).map(([id, count]) => [id, String(count)]));

it('a gateway is dead when it was silent for 8 s', () => {
  const peers = new Peers();
  for (let now = 0; now < SILENCE_MS; now += 2_000) {
    expect(peers.look(counts({ me: now, other: 7 }), now)).toEqual([]);
  }
  expect(peers.look(counts({ me: 99, other: 7 }), SILENCE_MS)).toEqual(['other']);
});

it('one that speaks, or starts anew, lives', () => {
  const peers = new Peers();
  for (let now = 0; now <= 60_000; now += 2_000) {
    const other = Math.floor(now / 6_000);
    expect(peers.look(counts({ other }), now)).toEqual([]);
  }
});

it('nobody is dead for an outage of Redis, whose time is not counted', () => {
  const peers = new Peers();
  peers.look(counts({ other: 7 }), 0);
  expect(peers.look(counts({ other: 7 }), 60_000)).toEqual([]);
  for (let now = 62_000; now < 60_000 + SILENCE_MS; now += 2_000) {
    expect(peers.look(counts({ other: 7 }), now)).toEqual([]);
  }
  expect(peers.look(counts({ other: 7 }), 60_000 + SILENCE_MS)).toEqual(['other']);
});

it('forgets those that are struck off', () => {
  const peers = new Peers();
  peers.look(counts({ other: 7 }), 0);
  peers.look(counts({}), 2_000);
  for (let now = 4_000; now < 4_000 + SILENCE_MS; now += 2_000) {
    expect(peers.look(counts({ other: 7 }), now)).toEqual([]);
  }
});
