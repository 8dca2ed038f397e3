/** The environment that rules are compiled in: CEL's own functions and those that Kubernetes adds. */
import { isIP } from 'node:net';
import { Environment } from '@marcbachmann/cel-js';
import { goRegExp, matches } from '../go-regexp.ts';
import { compareQuantities, isQuantity, parseQuantity } from '../quantity.ts';
import { hasFormat } from '../validate/formats.ts';
import { celEqual } from './equality.ts';
import { registerHas } from './has.ts';

/** A quantity as a CEL value. */
class Quantity {
  readonly text: string;

  constructor(text: string) {
    if (!isQuantity(text)) throw new Error('quantities must match the regular expression');
    this.text = text;
  }
}

let base: Environment | undefined;

/** A fresh environment to declare types and variables in. */
export function newEnvironment(): Environment {
  base ??= buildBase();
  return base.clone();
}

function buildBase(): Environment {
  const environment = new Environment({
    enableOptionalTypes: true,
    limits: { maxAstNodes: 10_000, maxDepth: 100 },
  });
  registerHas(environment);
  addStrings(environment);
  addLists(environment);
  addQuantities(environment);
  return environment;
}

function addStrings(environment: Environment): void {
  environment
    .registerFunction('matches(string, string): bool', (text: string, source: string) =>
      matches(source, text),
    )
    .registerFunction('string.charAt(int): string', (text: string, index: bigint) => {
      const chars = [...text];
      if (index < 0n || index > BigInt(chars.length)) throw new Error(`index out of range: ${index}`);
      return chars[Number(index)] ?? '';
    })
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      text.replaceAll(from, () => to),
    )
    .registerFunction(
      'string.replace(string, string, int): string',
      (text: string, from: string, to: string, count: bigint) => replaceSome(text, from, to, Number(count)),
    )
    .registerFunction('string.find(string): string', (text: string, source: string) => {
      return goRegExp(source).exec(text)?.[0] ?? '';
    })
    .registerFunction('string.findAll(string): list<string>', (text: string, source: string) =>
      findAll(text, source, -1),
    )
    .registerFunction(
      'string.findAll(string, int): list<string>',
      (text: string, source: string, limit: bigint) => findAll(text, source, Number(limit)),
    )
    .registerFunction('isURL(string): bool', (text: string) => URL.canParse(text))
    .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0)
    .registerFunction('isCIDR(string): bool', (text: string) => hasFormat('cidr', text));
}

function replaceSome(text: string, from: string, to: string, count: number): string {
  if (count < 0) return text.replaceAll(from, () => to);
  let out = text;
  let start = 0;
  for (let left = count; left > 0; left--) {
    const at = out.indexOf(from, start);
    if (at < 0) break;
    out = `${out.slice(0, at)}${to}${out.slice(at + from.length)}`;
    start = at + to.length;
  }
  return out;
}

function findAll(text: string, source: string, limit: number): string[] {
  const global = new RegExp(goRegExp(source), 'gu');
  const found = [...text.matchAll(global)].map(([match]) => match);
  return limit < 0 ? found : found.slice(0, limit);
}

type Ordered = bigint | number | string;

function addLists(environment: Environment): void {
  const extreme = (list: Ordered[], better: (a: Ordered, b: Ordered) => boolean, name: string) => {
    if (list.length === 0) throw new Error(`${name} called on empty list`);
    return list.reduce((best, item) => (better(item, best) ? item : best));
  };
  for (const type of ['int', 'double', 'string']) {
    environment
      .registerFunction(`list<${type}>.isSorted(): bool`, (list: Ordered[]) =>
        list.every((item, index) => index === 0 || (list[index - 1] as Ordered) <= item),
      )
      .registerFunction(`list<${type}>.min(): ${type}`, (list: Ordered[]) =>
        extreme(list, (a, b) => a < b, 'min'),
      )
      .registerFunction(`list<${type}>.max(): ${type}`, (list: Ordered[]) =>
        extreme(list, (a, b) => a > b, 'max'),
      );
  }
  environment
    .registerFunction('list<int>.sum(): int', (list: bigint[]) => list.reduce((sum, item) => sum + item, 0n))
    .registerFunction('list<double>.sum(): double', (list: number[]) =>
      list.reduce((sum, item) => sum + item, 0),
    )
    .registerFunction('list.indexOf(dyn): int', (list: unknown[], item: unknown) =>
      BigInt(list.findIndex((candidate) => celEqual(candidate, item))),
    )
    .registerFunction('list.lastIndexOf(dyn): int', (list: unknown[], item: unknown) =>
      BigInt(list.findLastIndex((candidate) => celEqual(candidate, item))),
    );
}

function addQuantities(environment: Environment): void {
  const compare = (a: Quantity, b: Quantity) => compareQuantities(a.text, b.text);
  const sign = (a: Quantity) => compareQuantities(a.text, '0');
  environment
    .registerType('kubernetes.Quantity', { ctor: Quantity, fields: {} })
    .registerFunction('isQuantity(string): bool', (text: string) => isQuantity(text))
    .registerFunction('quantity(string): kubernetes.Quantity', (text: string) => new Quantity(text))
    .registerFunction('kubernetes.Quantity.compareTo(kubernetes.Quantity): int', (a: Quantity, b: Quantity) =>
      BigInt(compare(a, b)),
    )
    .registerFunction(
      'kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool',
      (a: Quantity, b: Quantity) => compare(a, b) > 0,
    )
    .registerFunction(
      'kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool',
      (a: Quantity, b: Quantity) => compare(a, b) < 0,
    )
    .registerFunction('kubernetes.Quantity.sign(): int', (a: Quantity) => BigInt(sign(a)))
    .registerFunction('kubernetes.Quantity.asApproximateFloat(): double', (a: Quantity) => {
      const { digits, scale } = parseQuantity(a.text);
      return Number(digits) / 10 ** scale;
    });
}
