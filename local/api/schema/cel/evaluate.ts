/** Running the rules of a schema on a value. */
import { Optional } from '@marcbachmann/cel-js';
import { duplicate, forbidden, invalid, omitted, required } from '../errors.ts';
import { isObject, type JsonValue } from '../json.ts';
import { childOf, itemsOf } from '../prune.ts';
import type { FieldError, JSONSchema, ValidationRule } from '../types.ts';
import { type Correlation, correlateField, correlateItem, unchanged } from '../validate/ratchet.ts';
import { type CompiledRule, rulesOf } from './compile.ts';

const MAX_MESSAGE_BYTES = 5 * 1024;

export interface RuleNode {
  value: JsonValue;
  schema: JSONSchema;
  path: string;
  root: boolean;
  /** The stored value, when there is one to compare with. */
  old?: Correlation;
}

/** The errors of all rules at and below a value. */
export function runRules(node: RuleNode): FieldError[] {
  if (node.value === null) return [];
  return [...rulesAt(node), ...rulesBelow(node)];
}

function rulesBelow(node: RuleNode): FieldError[] {
  const { value, schema, path, old } = node;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items === undefined || !hasRules(items)) return [];
    return value.flatMap((item, index) =>
      runRules({
        value: item,
        schema: items,
        path: `${path}[${index}]`,
        root: false,
        old: correlateItem(old, schema, item),
      }),
    );
  }
  if (!isObject(value)) return [];
  return Object.keys(value).flatMap((key) => {
    const below = childOf(schema, key)?.schema;
    if (below === undefined || !hasRules(below)) return [];
    const declared = Object.hasOwn(schema.properties ?? {}, key);
    const at = declared ? (path === '' ? key : `${path}.${key}`) : `${path}[${key}]`;
    const child = value[key] as JsonValue;
    return runRules({ value: child, schema: below, path: at, root: false, old: correlateField(old, key) });
  });
}

const ruled = new WeakMap<JSONSchema, boolean>();

/** Whether there are rules at or below a schema, so that large values without any are not walked. */
function hasRules(schema: JSONSchema): boolean {
  const known = ruled.get(schema);
  if (known !== undefined) return known;
  const children = [
    ...Object.values(schema.properties ?? {}),
    ...(typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : []),
    itemsOf(schema),
  ].filter((child) => child !== undefined);
  const found = (schema['x-kubernetes-validations']?.length ?? 0) > 0 || children.some(hasRules);
  ruled.set(schema, found);
  return found;
}

function rulesAt(node: RuleNode): FieldError[] {
  const set = rulesOf(node.schema, node.root);
  if (set === undefined) return [];
  const self = set.convert(node.value);
  const oldSelf = node.old === undefined || node.old.value === null ? undefined : set.convert(node.old.value);
  return set.rules.flatMap((rule) => runRule(node, rule, self, oldSelf) ?? []);
}

function runRule(
  node: RuleNode,
  compiled: CompiledRule,
  self: unknown,
  oldSelf: unknown,
): FieldError | undefined {
  const { rule, run, usesOldSelf } = compiled;
  const type = node.schema.type ?? '';
  if (run === undefined) return invalid(fieldOf(node.path), type, `rule compile error: ${compiled.error}`);
  if (usesOldSelf && oldSelf === undefined && !rule.optionalOldSelf) return undefined;
  const optional = oldSelf === undefined ? Optional.none() : Optional.of(oldSelf);
  const variables = { self, oldSelf: rule.optionalOldSelf ? optional : oldSelf };
  const outcome = evaluate(() => run(variables));
  if ('error' in outcome)
    return invalid(fieldOf(node.path), type, evaluationError(outcome.error, named(rule)));
  if (outcome.value === true) return undefined;
  if (!usesOldSelf && unchanged(node.old, node.value)) return undefined;
  return failure(node, compiled, variables);
}

/** The object as a whole has no path; the real server prints its absence. */
function fieldOf(path: string): string {
  return path === '' ? '<nil>' : path;
}

function evaluate(action: () => unknown): { value: unknown } | { error: string } {
  try {
    return { value: action() };
  } catch (error) {
    const { summary, message } = error as { summary?: string; message: string };
    return { error: translate(summary ?? message) };
  }
}

/** The library's sentences in the server's words. */
function translate(text: string): string {
  const index = /^No such key: index out of bounds, index (-?\d+)/.exec(text);
  return index ? `index out of bounds: ${index[1]}` : text.replace(/^No such key/, 'no such key');
}

/** How a message calls a rule: by its message when it has one. */
function named(rule: ValidationRule): string {
  return (rule.message ? rule.message : rule.rule).trim();
}

function evaluationError(error: string, text: string): string {
  if (error.startsWith('no such overload')) {
    return `'${error}': call arguments did not match a supported operator, function or macro signature for rule: ${text}`;
  }
  return `${error} evaluating rule: ${text}`;
}

function failure(node: RuleNode, compiled: CompiledRule, variables: Record<string, unknown>): FieldError {
  const { rule } = compiled;
  const at = fieldOf(`${node.path}${rule.fieldPath ?? ''}`.replace(/^\./, ''));
  const detail = messageOf(compiled, variables);
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbidden(at, detail);
    case 'FieldValueRequired':
      return required(at, detail);
    case 'FieldValueDuplicate':
      return duplicate(at, shown(node), detail);
    default:
      return invalid(at, shown(node), detail);
  }
}

/** Objects and lists are not printed: they may be large. */
function shown({ value, schema }: RuleNode): unknown {
  return schema.type === 'object' || schema.type === 'array' ? omitted : value;
}

function messageOf({ rule, message }: CompiledRule, variables: Record<string, unknown>): string {
  const outcome = message && evaluate(() => message(variables));
  if (outcome && 'value' in outcome && typeof outcome.value === 'string') {
    const text = outcome.value.trim();
    const fits = text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= MAX_MESSAGE_BYTES;
    if (fits) return text;
  }
  const fixed = rule.message?.trim();
  return fixed ? fixed : `failed rule: ${rule.rule.trim()}`;
}
