/** An immutable set of field paths, the unit of ownership in server-side apply. */
import { compareElements, elementText, type PathElement } from './path-element.ts';

type Members = ReadonlyMap<string, PathElement>;
type Children = ReadonlyMap<string, { element: PathElement; set: FieldSet }>;
export type Path = readonly PathElement[];

export class FieldSet {
  static readonly empty = new FieldSet(new Map(), new Map());
  /** Paths that end here. */
  readonly members: Members;
  /** Longer paths, by their next element. A child is never empty. */
  readonly children: Children;

  constructor(members: Members, children: Children) {
    this.members = members;
    this.children = children;
  }

  /** The set of the given paths; empty paths are ignored, since nobody owns "the whole object". */
  static of(paths: Iterable<Path>): FieldSet {
    const builder = new FieldSetBuilder();
    for (const path of paths) builder.add(path);
    return builder.build();
  }

  get isEmpty(): boolean {
    return this.members.size === 0 && this.children.size === 0;
  }

  has(path: Path): boolean {
    const [head, ...rest] = path;
    if (head === undefined) return false;
    if (rest.length === 0) return this.members.has(head.id);
    return this.children.get(head.id)?.set.has(rest) ?? false;
  }

  child(element: PathElement): FieldSet {
    return this.children.get(element.id)?.set ?? FieldSet.empty;
  }

  union(other: FieldSet): FieldSet {
    if (other.isEmpty) return this;
    if (this.isEmpty) return other;
    const children = new Map(this.children);
    for (const [id, { element, set }] of other.children) {
      children.set(id, { element, set: children.get(id)?.set.union(set) ?? set });
    }
    return new FieldSet(new Map([...this.members, ...other.members]), children);
  }

  intersection(other: FieldSet): FieldSet {
    return this.combine(
      (id) => other.members.has(id),
      (id, set) => set.intersection(other.children.get(id)?.set ?? FieldSet.empty),
    );
  }

  /** The paths of this set that `other` does not name itself; what lies below a named path stays. */
  difference(other: FieldSet): FieldSet {
    return this.combine(
      (id) => !other.members.has(id),
      (id, set) => set.difference(other.children.get(id)?.set ?? FieldSet.empty),
    );
  }

  /** The paths of this set that `other` neither names nor names a parent of. */
  recursiveDifference(other: FieldSet): FieldSet {
    return this.combine(
      (id) => !other.members.has(id),
      (id, set) =>
        other.members.has(id)
          ? FieldSet.empty
          : set.recursiveDifference(other.children.get(id)?.set ?? FieldSet.empty),
    );
  }

  equals(other: FieldSet): boolean {
    return this.difference(other).isEmpty && other.difference(this).isEmpty;
  }

  /** All paths: first those that end at a level, then the deeper ones, both in FieldsV1 order. */
  *paths(prefix: Path = []): Generator<Path> {
    for (const element of sorted(this.members.values(), (item) => item)) yield [...prefix, element];
    for (const { element, set } of sorted(this.children.values(), (item) => item.element)) {
      yield* set.paths([...prefix, element]);
    }
  }

  private combine(keep: (id: string) => boolean, descend: (id: string, set: FieldSet) => FieldSet): FieldSet {
    const members = new Map<string, PathElement>();
    for (const [id, element] of this.members) if (keep(id)) members.set(id, element);
    const children = new Map<string, { element: PathElement; set: FieldSet }>();
    for (const [id, { element, set }] of this.children) {
      const kept = descend(id, set);
      if (!kept.isEmpty) children.set(id, { element, set: kept });
    }
    return new FieldSet(members, children);
  }
}

/** Collects paths; one object per level instead of one per inserted path. */
export class FieldSetBuilder {
  private readonly members = new Map<string, PathElement>();
  private readonly children = new Map<string, { element: PathElement; builder: FieldSetBuilder }>();

  add(path: Path): void {
    const last = path.at(-1);
    if (last === undefined) return;
    let level: FieldSetBuilder = this;
    for (const element of path.slice(0, -1)) level = level.descend(element);
    level.members.set(last.id, last);
  }

  build(): FieldSet {
    const children = new Map<string, { element: PathElement; set: FieldSet }>();
    for (const [id, { element, builder }] of this.children) {
      const set = builder.build();
      if (!set.isEmpty) children.set(id, { element, set });
    }
    return new FieldSet(this.members, children);
  }

  private descend(element: PathElement): FieldSetBuilder {
    const known = this.children.get(element.id);
    if (known !== undefined) return known.builder;
    const builder = new FieldSetBuilder();
    this.children.set(element.id, { element, builder });
    return builder;
  }
}

/** Items in the order in which FieldsV1 lists their elements. */
export function sorted<T>(items: Iterable<T>, element: (item: T) => PathElement): T[] {
  return [...items].sort((a, b) => compareElements(element(a), element(b)));
}

/** A path as messages show it: `.spec.containers[name="x"].image`. */
export function pathText(path: Path): string {
  return path.map(elementText).join('');
}
