import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#kube/resource.ts';
import * as kinds from '#kube/resource.ts';
import { decideDependent, FOREGROUND, waitsForDependents } from './decide.ts';
import { createGraph } from './graph.ts';

function owned(uid: string, ...owners: string[]): KubeObject {
  const reference = (owner: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid: owner });
  return { metadata: { name: uid, uid, ownerReferences: owners.map(reference) } };
}

describe('decideDependent', () => {
  it('keeps what has no owners, and what has one that lives', () => {
    expect(decideDependent(owned('a'), () => 'absent')).toEqual({ action: 'keep' });
    expect(decideDependent(owned('a', 'x'), () => 'present')).toEqual({ action: 'keep' });
  });

  it('deletes what lost all its owners', () => {
    expect(decideDependent(owned('a', 'x', 'y'), () => 'absent')).toEqual({
      action: 'delete',
      foreground: false,
    });
  });

  it('deletes in the foreground when an owner waits for it', () => {
    expect(decideDependent(owned('a', 'x'), () => 'waiting')).toEqual({ action: 'delete', foreground: true });
  });

  it('drops dangling references when another owner lives', () => {
    const decision = decideDependent(owned('a', 'x', 'y'), ({ uid }) => (uid === 'x' ? 'present' : 'absent'));
    expect(decision).toMatchObject({ action: 'keep', ownerReferences: [{ uid: 'x' }] });
  });

  it('leaves alone what is on its way out', () => {
    const going = owned('a', 'x');
    going.metadata = {
      ...going.metadata,
      deletionTimestamp: '2026-01-01T00:00:00Z',
      finalizers: [FOREGROUND],
    };
    expect(decideDependent(going, () => 'absent')).toEqual({ action: 'keep' });
    expect(waitsForDependents(going)).toBe(true);
  });
});

describe('the graph', () => {
  it('names the dependents of an owner that vanished, and the owner of a dependent that did', () => {
    const graph = createGraph();
    const [owner, dependent] = [owned('x'), owned('a', 'x')];
    graph.update(kinds.configMaps, owner, undefined);
    graph.update(kinds.configMaps, dependent, undefined);
    expect(graph.dependentsOf('x').map(({ object }) => object)).toEqual([dependent]);
    expect(graph.update(kinds.configMaps, undefined, owner)).toEqual(['a']);
    expect(graph.update(kinds.configMaps, undefined, dependent)).toEqual(['x']);
    expect(graph.dependentsOf('x')).toEqual([]);
  });

  it('treats an object that was deleted and created again under its name as two', () => {
    const graph = createGraph();
    graph.update(kinds.configMaps, owned('x1'), undefined);
    graph.update(kinds.configMaps, owned('a', 'x1'), undefined);
    const touched = graph.update(kinds.configMaps, owned('x2'), owned('x1'));
    expect(touched.sort()).toEqual(['a', 'x2']);
    expect(graph.get('x1')).toBeUndefined();
  });
});
