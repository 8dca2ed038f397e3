/** Checks that several kinds share. */
import { invalid, notSupported, required } from '../../errors.ts';
import { isObject, type JsonObject, type JsonValue } from '../../json.ts';
import { labelErrors } from '../../metadata.ts';
import { labelValueProblems, qualifiedNameProblems } from '../../names.ts';
import { isQuantity, parseQuantity } from '../../quantity.ts';
import type { FieldError } from '../../types.ts';
import { numberAt, objectAt, objectsAt, textAt } from '../access.ts';

/** One error per problem of a value. */
export function problems(field: string, value: JsonValue, found: readonly string[]): FieldError[] {
  return found.map((problem) => invalid(field, value, problem));
}

/** A text that must be there and have a form. */
export function namedField(
  parent: JsonObject,
  key: string,
  path: string,
  check: (text: string) => string[],
): FieldError[] {
  const text = textAt(parent, key);
  return text === '' ? [required(`${path}.${key}`)] : problems(`${path}.${key}`, text, check(text));
}

/** A text of a fixed set; `must` says whether it must be there. */
export function oneOf(
  parent: JsonObject,
  key: string,
  path: string,
  allowed: readonly string[],
  must = true,
): FieldError[] {
  const text = textAt(parent, key);
  if (text === '') return must ? [required(`${path}.${key}`)] : [];
  return allowed.includes(text) ? [] : [notSupported(`${path}.${key}`, text, allowed)];
}

/** Numbers that, if there, must not be negative. */
export function nonNegative(parent: JsonObject, keys: readonly string[], path: string): FieldError[] {
  return keys.flatMap((key) => {
    const value = numberAt(parent, key);
    if (value === undefined || value >= 0) return [];
    return [invalid(`${path}.${key}`, value, 'must be greater than or equal to 0')];
  });
}

const PORT_RANGE = 'must be between 1 and 65535, inclusive';

/** A port number that must be there. */
export function portNumber(parent: JsonObject, key: string, path: string): FieldError[] {
  const value = numberAt(parent, key) ?? 0;
  return value >= 1 && value <= 65_535 ? [] : [invalid(`${path}.${key}`, value, PORT_RANGE)];
}

/** What is wrong with the name of a container's port. */
export function portNameProblems(name: string): string[] {
  const found: string[] = [];
  if (name.length > 15) found.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(name))
    found.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) found.push('must contain at least one letter (a-z)');
  if (name.includes('--')) found.push('must not contain consecutive hyphens');
  if (/^-|-$/.test(name)) found.push('must not begin or end with a hyphen');
  return found;
}

/** A port given by number or by name. */
export function portReference(value: JsonValue | undefined, field: string): FieldError[] {
  if (typeof value === 'string') return problems(field, value, portNameProblems(value));
  const number = typeof value === 'number' ? value : 0;
  return number >= 1 && number <= 65_535 ? [] : [invalid(field, number, PORT_RANGE)];
}

const QUANTITY_FORM =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** A map of resource names to quantities, none negative. */
export function quantities(resources: JsonObject, path: string): FieldError[] {
  return Object.entries(resources).flatMap(([name, value]) => {
    const at = `${path}[${name}]`;
    const text = String(value);
    if (!isQuantity(text)) return [invalid(at, value, QUANTITY_FORM)];
    if (parseQuantity(text).digits < 0n) return [invalid(at, text, 'must be greater than or equal to 0')];
    return [];
  });
}

/** A label selector: its labels and expressions. */
export function selectorErrors(selector: JsonObject, path: string): FieldError[] {
  const expressions = objectsAt(selector, 'matchExpressions').flatMap((expression, index) =>
    expressionErrors(expression, `${path}.matchExpressions[${index}]`),
  );
  return [...labelErrors(selector.matchLabels, `${path}.matchLabels`), ...expressions];
}

function expressionErrors(expression: JsonObject, path: string): FieldError[] {
  const values = Array.isArray(expression.values) ? expression.values : [];
  const operator = textAt(expression, 'operator');
  const errors: FieldError[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      errors.push(invalid(`${path}.values`, values, detail));
    }
  } else errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
  const key = textAt(expression, 'key');
  errors.push(...problems(`${path}.key`, key, qualifiedNameProblems(key)));
  for (const [index, value] of values.entries()) {
    errors.push(...problems(`${path}.values[${index}]`, value, labelValueProblems(String(value))));
  }
  return errors;
}

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** Whether all operators of a selector exist, so that it can be matched at all. */
export function hasKnownOperators(selector: JsonObject): boolean {
  return objectsAt(selector, 'matchExpressions').every((expression) =>
    OPERATORS.includes(textAt(expression, 'operator')),
  );
}

/** Whether a selector that is valid selects a set of labels. */
export function selects(selector: JsonObject, labels: JsonObject): boolean {
  const wanted = Object.entries(objectAt(selector, 'matchLabels'));
  if (!wanted.every(([key, value]) => labels[key] === value)) return false;
  return objectsAt(selector, 'matchExpressions').every((expression) => satisfies(expression, labels));
}

function satisfies(expression: JsonObject, labels: JsonObject): boolean {
  const key = textAt(expression, 'key');
  const present = Object.hasOwn(labels, key);
  const values = Array.isArray(expression.values) ? expression.values : [];
  const listed = present && values.includes(labels[key] as JsonValue);
  switch (textAt(expression, 'operator')) {
    case 'In':
      return listed;
    case 'NotIn':
      return !listed;
    case 'Exists':
      return present;
    default:
      return !present;
  }
}

/** Whether a selector selects by nothing at all. */
export function isEmptySelector(selector: JsonValue | undefined): boolean {
  if (!isObject(selector)) return true;
  const labels = Object.keys(objectAt(selector, 'matchLabels')).length;
  return labels + objectsAt(selector, 'matchExpressions').length === 0;
}
