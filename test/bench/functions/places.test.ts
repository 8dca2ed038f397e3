import { describe, expect, it } from 'vitest';
import { freePlaces } from './places.ts';

const node = (name: string, pods?: string, unschedulable?: boolean) => ({
  metadata: { name },
  spec: { unschedulable },
  status: pods ? { allocatable: { pods } } : {},
});
const pod = (phase: string, nodeName?: string) => ({
  spec: { containers: [], ...(nodeName ? { nodeName } : {}) },
  status: { phase },
});

describe('freePlaces', () => {
  it('counts the places of all nodes without the pods that have not ended', () => {
    const present = [pod('Running', 'a'), pod('Pending'), pod('Succeeded', 'a'), pod('Failed', 'b')];
    expect(freePlaces([node('a', '110'), node('b', '20')], present)).toBe(128);
  });

  it('leaves out nodes that take no pods, with the pods that they have', () => {
    const present = [pod('Running', 'a'), pod('Running', 'b')];
    expect(freePlaces([node('a', '110'), node('b', '110', true)], present)).toBe(109);
  });

  it('has no bound where a node tells none', () => {
    expect(freePlaces([node('a')], [pod('Running', 'a')])).toBe(Number.POSITIVE_INFINITY);
  });
});
