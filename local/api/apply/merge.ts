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

  constructor(list: ListAtom, left: readonly JsonValue[], right: readonly JsonValue[]) {
    this.list = list;
    this.left = left;
    this.live = index(list, left);
    this.applied = index(list, right);
    this.shared = this.applied.elements.map(({ id }) => id).filter((id) => this.live.items.has(id));
  }

  run(): JsonValue[] {
    let l = 0;
    let r = 0;
    const { elements } = this.applied;
    while (l < this.left.length || r < elements.length) {
      const mine = this.live.elements[l]?.id;
      const theirs = elements[r]?.id;
      if (mine !== undefined && mine === theirs) {
        this.emit(theirs);
        this.shared.shift();
        l++;
        r++;
      } else if (mine !== undefined && theirs !== undefined && this.outOfTurn(mine)) {
        l++;
      } else if (mine !== undefined && !this.applied.items.has(mine)) {
        this.out.push(this.left[l] as JsonValue);
        l++;
      } else {
        if (mine !== undefined && this.done.has(mine)) l++;
        if (theirs === undefined) continue;
        this.emit(theirs);
        if (this.shared[0] === theirs) this.shared.shift();
        r++;
      }
    }
    return this.out;
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
