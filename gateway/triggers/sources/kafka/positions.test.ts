import { describe, expect, it } from 'vitest';
import { startOffset } from './positions.ts';

const ends = { earliest: 10n, latest: 20n };

describe('startOffset', () => {
  it.each([
    ['no position, earliest', -1n, 'earliest', 10n],
    ['no position, latest', -1n, 'latest', 20n],
    ['a position', 15n, 'latest', 15n],
    ['a position at the end', 20n, 'earliest', 20n],
    ['a position that retention has removed', 5n, 'latest', 10n],
    ['a position that the topic does not have any more', 30n, 'latest', 10n],
  ] as const)('%s', (_, committed, startFrom, expected) => {
    expect(startOffset({ ...ends, committed, startFrom })).toBe(expected);
  });
});
