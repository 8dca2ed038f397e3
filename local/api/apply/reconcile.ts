/** Ownership that was written under an older schema: fields that have become atomic are owned as one. */
import type { Atom } from './atoms.ts';
import { FieldSet, type Path } from './field-set.ts';
import type { PathElement } from './path-element.ts';

/** The set as it would have been written under the present schema. */
export function reconcile(set: FieldSet, atom: Atom): FieldSet {
  const atomic: Path[] = [];
  walk(atom, set, false, [], atomic);
  if (atomic.length === 0) return set;
  const roots = FieldSet.of(atomic);
  return set.recursiveDifference(roots).union(roots);
}

function walk(atom: Atom, set: FieldSet, whole: boolean, path: Path, atomic: Path[]): void {
  if (atom.map?.free || (!atom.map && atom.scalar)) return;
  if (atom.map ? atom.map.atomic : atom.list?.atomic) {
    if (!whole && (!atom.map || !set.isEmpty)) atomic.push(path);
    return;
  }
  for (const element of elements(set)) {
    const below = set.child(element);
    const child = childAtom(atom, element);
    if (child) walk(child, below, set.members.has(element.id) && below.isEmpty, [...path, element], atomic);
  }
}

function elements(set: FieldSet): PathElement[] {
  const found = new Map(set.members);
  for (const [id, { element }] of set.children) found.set(id, element);
  return [...found.values()];
}

function childAtom(atom: Atom, element: PathElement): Atom | undefined {
  if (atom.map)
    return (element.kind === 'field' ? atom.map.field(element.name) : undefined) ?? atom.map.other();
  return atom.list?.item();
}
