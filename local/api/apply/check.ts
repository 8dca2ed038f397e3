/** Checks that a value fits its schema well enough to be owned field by field. */
import { isObject, type JsonObject, type JsonValue } from '../schema/json.ts';
import {
  type Atom,
  fieldAtom,
  itemElement,
  type ListAtom,
  type MapAtom,
  narrow,
  type Scalar,
} from './atoms.ts';
import { elementText, fieldElement } from './path-element.ts';

/**
 * The problems of a value, each as `PATH: sentence`; empty when it fits.
 * `duplicates` allows items of sets and list-maps to repeat, as stored objects may.
 */
export function checkValue(atom: Atom, value: JsonValue, duplicates: boolean): string[] {
  const problems: string[] = [];
  walk(narrow(atom, value), value, '', { problems, duplicates });
  return problems;
}

interface Context {
  problems: string[];
  duplicates: boolean;
}

function walk(atom: Atom, value: JsonValue, path: string, context: Context): void {
  if (value === null) return;
  if (atom.map) walkMap(atom.map, value, path, context);
  else if (atom.scalar) walkScalar(atom.scalar, value, path, context);
  else if (atom.list) walkList(atom.list, value, path, context);
}

function report(context: Context, path: string, sentence: string): void {
  context.problems.push(path === '' ? sentence : `${path}: ${sentence}`);
}

function walkMap(map: MapAtom, value: JsonValue, path: string, context: Context): void {
  if (!isObject(value)) {
    report(context, path, `expected map, got ${describe(value)}`);
    return;
  }
  for (const [key, child] of Object.entries(value)) {
    const at = `${path}${elementText(fieldElement(key))}`;
    const atom = fieldAtom(map, key);
    if (atom === undefined) {
      report(context, at, 'field not declared in schema');
      return;
    }
    walk(narrow(atom, child), child, at, context);
  }
}

function walkList(list: ListAtom, value: JsonValue, path: string, context: Context): void {
  if (!Array.isArray(value)) {
    report(context, path, `expected list, got ${describe(value)}`);
    return;
  }
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    const step = list.atomic ? `[${index}]` : keyedStep(list, item, index, path, seen, context);
    // An item without a key has no path that problems within it could be told by.
    if (step === undefined) return;
    walk(narrow(list.item(), item), item, `${path}${step}`, context);
  }
}

function keyedStep(
  list: ListAtom,
  item: JsonValue,
  index: number,
  path: string,
  seen: Set<string>,
  context: Context,
): string | undefined {
  const element = elementOrProblem(list, item);
  if (typeof element === 'string') {
    report(context, path, `element ${index}: ${element}`);
    return undefined;
  }
  const step = elementText(element);
  if (seen.has(element.id) && !context.duplicates) report(context, path, `duplicate entries for key ${step}`);
  seen.add(element.id);
  return step;
}

function elementOrProblem(list: ListAtom, item: JsonValue) {
  try {
    return itemElement(list, item);
  } catch (error) {
    return (error as Error).message;
  }
}

function walkScalar(scalar: Scalar, value: JsonValue, path: string, context: Context): void {
  const problem = scalarProblem(scalar, value);
  if (problem !== undefined) report(context, path, problem);
}

function scalarProblem(scalar: Scalar, value: JsonValue): string | undefined {
  const type = typeof value;
  switch (scalar) {
    case 'numeric':
      return type === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case 'string':
      return type === 'string' ? undefined : `expected string, got ${describe(value)}`;
    case 'boolean':
      return type === 'boolean' ? undefined : `expected boolean, got ${describe(value)}`;
    default:
      return type === 'object' ? `expected any scalar, got ${describe(value)}` : undefined;
  }
}

/** Whether a value may stand where this scalar is expected; absent and null always may. */
export function fitsScalar(scalar: Scalar, value: JsonValue | undefined): boolean {
  return value === undefined || value === null || scalarProblem(scalar, value) === undefined;
}

function goType(value: JsonValue): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : 'string';
}

function describe(value: JsonValue): string {
  const inner = isObject(value as JsonObject) || Array.isArray(value) ? JSON.stringify(value) : String(value);
  return `&value.valueUnstructured{Value:${typeof value === 'string' ? JSON.stringify(value) : inner}}`;
}
