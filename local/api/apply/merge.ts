/** Merging what is applied into what is there. */
import { isObject, type JsonObject, type JsonValue, own, put } from '../schema/json.ts';
import { type Atom, fieldAtom, itemElement, type ListAtom, type MapAtom, narrow } from './atoms.ts';
import type { PathElement } from './path-element.ts';

type Maybe = JsonValue | undefined;

/** The live value with the applied one laid over it; inputs are not changed, but parts are shared. */
export function merge(schema: Atom, live: Maybe, applied: Maybe): Maybe {
  if (applied === undefined) return live;
  if (live === undefined) return applied;
  const atom = narrow(schema, applied);
  if (atom.map) return mergeMaps(atom.map, live, applied);
  if (atom.list && !atom.scalar) return mergeLists(atom.list, live, applied);
  return applied;
}

function mergeMaps(map: MapAtom, live: JsonValue, applied: JsonValue): JsonValue {
  const left: JsonObject = isObject(live) ? live : {};
  const right: JsonObject = isObject(applied) ? applied : {};
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  if (map.atomic || keys.size === 0) return applied;
  const out: JsonObject = {};
  for (const key of keys) {
    const value = merge(fieldAtom(map, key) ?? {}, own(left, key), own(right, key));
    if (value !== undefined) put(out, key, value);
  }
  return out;
}

interface Indexed {
  elements: PathElement[];
  /** By id; null for an item that repeats, since nothing can be merged into it. */
  items: Map<string, JsonValue>;
}

function index(list: ListAtom, values: readonly JsonValue[]): Indexed {
  const elements: PathElement[] = [];
  const items = new Map<string, JsonValue>();
  for (const value of values) {
    const element = itemElement(list, value);
    items.set(element.id, items.has(element.id) ? null : value);
    elements.push(element);
  }
  return { elements, items };
}

function mergeLists(list: ListAtom, live: JsonValue, applied: JsonValue): JsonValue {
  const left = Array.isArray(live) ? live : [];
  const right = Array.isArray(applied) ? applied : [];
  if (list.atomic || left.length + right.length === 0) return applied;
  return new ListMerge(list, left, right).run();
}

/**
 * Items keep the order of the live list, except that those which are applied come in the applied order;
 * items that only the live list has stay where they were relative to their neighbours.
 */
class ListMerge {
  private readonly list: ListAtom;
  private readonly left: readonly JsonValue[];
  private readonly live: Indexed;
  private readonly applied: Indexed;
  /** Applied items that are live too and still to come, in the applied order. */
  private readonly shared: string[];
  private readonly done = new Set<string>();
  private readonly out: JsonValue[] = [];
  private l = 0;
  private r = 0;

  constructor(list: ListAtom, left: readonly JsonValue[], right: readonly JsonValue[]) {
    this.list = list;
    this.left = left;
    this.live = index(list, left);
    this.applied = index(list, right);
    this.shared = this.applied.elements.map(({ id }) => id).filter((id) => this.live.items.has(id));
  }

  run(): JsonValue[] {
    while (this.l < this.left.length || this.r < this.applied.elements.length) this.step();
    return this.out;
  }

  private step(): void {
    const mine = this.live.elements[this.l]?.id;
    const theirs = this.applied.elements[this.r]?.id;
    if (mine === undefined) {
      this.takeApplied(theirs);
    } else if (mine === theirs) {
      this.emit(theirs);
      this.shared.shift();
      this.l++;
      this.r++;
    } else if (theirs !== undefined && this.outOfTurn(mine)) {
      this.l++;
    } else if (!this.applied.items.has(mine)) {
      this.out.push(this.left[this.l] as JsonValue);
      this.l++;
    } else {
      if (this.done.has(mine)) this.l++;
      this.takeApplied(theirs);
    }
  }

  private takeApplied(id: string | undefined): void {
    if (id === undefined) return;
    this.emit(id);
    if (this.shared[0] === id) this.shared.shift();
    this.r++;
  }

  private outOfTurn(id: string): boolean {
    return this.applied.items.has(id) && this.shared[0] !== undefined && this.shared[0] !== id;
  }

  private emit(id: string): void {
    this.done.add(id);
    const value = merge(this.list.item(), this.live.items.get(id), this.applied.items.get(id));
    if (value !== undefined) this.out.push(value);
  }
}
