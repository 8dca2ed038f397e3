import type { Pod as KubePod } from 'kubernetes-types/core/v1.js';
import { beforeEach, describe, expect, it } from 'vitest';
import { announceKey, announceToken } from '#crds/wire/announcement.ts';
import { labels } from '#crds/wire/names.ts';
import { type Announcement, FunctionTable } from '#gateway/functions/function-table.ts';
import { LoadBook } from '#gateway/functions/load.ts';
import { Admission } from '#gateway/invoke/admission.ts';
import { OtherQueues } from '#gateway/invoke/other-queues.ts';
import { Announcements, type Outcome } from './announcements.ts';

const encryptionKey = Buffer.alloc(32, 7);
const tokenOf = (functionKey: string) => announceToken(announceKey(encryptionKey), functionKey);

let now: number;
let table: FunctionTable;
let announcements: Announcements;
let outcomes: Outcome[];
beforeEach(() => {
  now = 0;
  outcomes = [];
  const ignore = () => {};
  const loads = new LoadBook(() => now);
  const admission = new Admission({
    now: () => now,
    loads,
    otherQueues: new OtherQueues(),
    onStarved: ignore,
    onCrowded: ignore,
    onQuiet: ignore,
    onColdStart: ignore,
  });
  table = new FunctionTable({
    now: () => now,
    admission,
    onPoolChanged: ignore,
    onLaunchChanged: () => {},
    onSettled: ignore,
  });
  announcements = new Announcements({
    table,
    encryptionKey,
    now: () => now,
    onOutcome: (outcome) => outcomes.push(outcome),
  });
});

/** The watch tells of a pod of `shop/FUNCTION`. */
function tell(name: string, functionName: string, options: { address?: string; leaving?: boolean } = {}) {
  const pod: KubePod = {
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      labels: { [labels.function]: functionName },
      ...(options.leaving && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    status: { podIP: options.address },
  };
  table.setPod(`shop/${name}`, pod);
  announcements.podSeen(`uid-${name}`);
}

function announce(change: Partial<Announcement> = {}, token?: string): Outcome {
  const announcement: Announcement = {
    functionKey: 'shop/hello',
    podUid: 'uid-a',
    address: '10.0.0.1',
    port: 8080,
    ...change,
  };
  return announcements.receive(announcement, token ?? tokenOf(announcement.functionKey));
}

describe('an announcement', () => {
  it('is accepted from a pod that is known and has no address yet, and again', () => {
    tell('a', 'hello');
    expect(announce()).toBe('accepted');
    expect(announce()).toBe('accepted');
    expect(outcomes).toEqual(['accepted', 'accepted']);
  });

  it('is accepted from the address that the API server told', () => {
    tell('a', 'hello', { address: '10.0.0.1' });
    expect(announce()).toBe('accepted');
  });

  it.each<[string, Outcome, () => Outcome]>([
    ['without token', 'forged', () => announce({}, '')],
    ['with the token of another function', 'forged', () => announce({}, tokenOf('shop/other'))],
    ['with a token that goes on', 'forged', () => announce({}, `${tokenOf('shop/hello')}A`)],
    ['for a pod of another function', 'other_function', () => announce({ functionKey: 'shop/other' })],
    ['for a pod of another namespace', 'other_function', () => announce({ functionKey: 'bank/hello' })],
    ['with another port', 'other_port', () => announce({ port: 22 })],
    ['for a pod that has another address', 'other_address', () => announce({ podUid: 'uid-told' })],
    ['from the address of another pod', 'other_address', () => announce({ address: '10.0.0.2' })],
    ['for a pod that leaves', 'leaving', () => announce({ podUid: 'uid-leaving' })],
  ])('%s is refused: %s', (_, expected, act) => {
    tell('a', 'hello');
    tell('told', 'hello', { address: '10.0.0.9' });
    tell('neighbour', 'other', { address: '10.0.0.2' });
    tell('leaving', 'hello', { leaving: true });
    expect(act()).toBe(expected);
    expect(outcomes).toEqual([expected]);
    expect(announce()).toBe('accepted');
  });

  it('may come from an address that a pod had which is gone', () => {
    tell('a', 'hello');
    tell('old', 'other', { address: '10.0.0.1', leaving: true });
    expect(announce()).toBe('accepted');
  });
});

describe('an announcement that is ahead of the watch', () => {
  it('is held and taken in with the pod', () => {
    expect(announce()).toBe('held');
    tell('a', 'hello');
    expect(outcomes).toEqual(['held', 'accepted']);
    tell('a', 'hello', { address: '10.0.0.1' });
    expect(outcomes).toHaveLength(2);
  });

  it('is judged by what the pod turns out to be', () => {
    announce();
    tell('a', 'other');
    expect(outcomes).toEqual(['held', 'other_function']);
  });

  it('cannot be replaced by somebody else', () => {
    announce();
    expect(announce({ address: '10.6.6.6' })).toBe('other_address');
    expect(announce()).toBe('held');
  });

  it('is not held without the token', () => {
    expect(announce({}, tokenOf('shop/other'))).toBe('forged');
    tell('a', 'hello');
    expect(outcomes).toEqual(['forged']);
  });

  it('is forgotten after a while', () => {
    announce();
    now = 10_000;
    tell('a', 'hello');
    expect(outcomes).toEqual(['held']);
  });

  it('finds room again when others are forgotten', () => {
    for (let i = 0; i < 4_096; i++) expect(announce({ podUid: `uid-${i}` })).toBe('held');
    expect(announce()).toBe('overloaded');
    now = 10_000;
    expect(announce()).toBe('held');
  });
});
