/** Label selectors in the query form: `a=b,c!=d,e in (f,g),h,!i,j>1`. */

export type LabelMatcher = (labels: Readonly<Record<string, string>>) => boolean;

export interface LabelSelector {
  readonly empty: boolean;
  matches: LabelMatcher;
}

export class SelectorSyntaxError extends Error {}

const KEY = `[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?`;
const REQUIREMENTS: [RegExp, (match: RegExpMatchArray) => LabelMatcher][] = [
  [
    new RegExp(String.raw`^(${KEY})\s+(in|notin)\s*\(([^()]*)\)$`),
    ([, key = '', operator, list = '']) => {
      const values = new Set(list.split(',').map((value) => checkedValue(value.trim())));
      return operator === 'in'
        ? (labels) => labels[key] !== undefined && values.has(labels[key])
        : (labels) => labels[key] === undefined || !values.has(labels[key]);
    },
  ],
  [
    new RegExp(String.raw`^(${KEY})\s*(==|=|!=)\s*(\S*)$`),
    ([, key = '', operator, text = '']) => {
      const value = checkedValue(text);
      return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
    },
  ],
  [
    new RegExp(String.raw`^(${KEY})\s*([<>])\s*(-?\d+)$`),
    ([, key = '', operator, text = '']) => {
      const bound = Number(text);
      return (labels) => {
        const value = labels[key] === undefined ? Number.NaN : Number(labels[key]);
        return operator === '>' ? value > bound : value < bound;
      };
    },
  ],
  [
    new RegExp(`^(${KEY})$`),
    ([, key = '']) =>
      (labels) =>
        labels[key] !== undefined,
  ],
  [
    new RegExp(String.raw`^!\s*(${KEY})$`),
    ([, key = '']) =>
      (labels) =>
        labels[key] === undefined,
  ],
];

/** @throws SelectorSyntaxError */
export function parseLabelSelector(text: string | null | undefined): LabelSelector {
  if (!text?.trim()) return { empty: true, matches: () => true };
  const matchers = splitRequirements(text).map(parseRequirement);
  return { empty: false, matches: (labels) => matchers.every((matcher) => matcher(labels)) };
}

function parseRequirement(text: string): LabelMatcher {
  for (const [pattern, build] of REQUIREMENTS) {
    const match = pattern.exec(text);
    if (match) return build(match);
  }
  throw new SelectorSyntaxError(`unable to parse requirement: ${JSON.stringify(text)}`);
}

function checkedValue(value: string): string {
  if (value.length <= 63 && /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(value)) return value;
  throw new SelectorSyntaxError(
    `unable to parse requirement: values[0][key]: Invalid value: ${JSON.stringify(value)}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`,
  );
}

/** Splits at commas that are not inside parentheses. */
function splitRequirements(text: string): string[] {
  return text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

interface SelectorObject {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** The matcher of a metav1.LabelSelector; an absent one matches nothing, an empty one everything. */
export function selectorObjectMatcher(selector: SelectorObject | undefined): LabelMatcher {
  if (!selector) return () => false;
  const matchers: LabelMatcher[] = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]) =>
      (labels) =>
        labels[key] === value,
  );
  for (const expression of selector.matchExpressions ?? []) matchers.push(expressionMatcher(expression));
  return (labels) => matchers.every((matcher) => matcher(labels));
}

function expressionMatcher(expression: { key: string; operator: string; values?: string[] }): LabelMatcher {
  const { key, operator } = expression;
  const values = new Set(expression.values);
  switch (operator) {
    case 'In':
      return (labels) => labels[key] !== undefined && values.has(labels[key]);
    case 'NotIn':
      return (labels) => labels[key] === undefined || !values.has(labels[key]);
    case 'Exists':
      return (labels) => labels[key] !== undefined;
    case 'DoesNotExist':
      return (labels) => labels[key] === undefined;
    default:
      return () => false;
  }
}

/** The query form of a metav1.LabelSelector, as printers show it; `<none>` when it selects by nothing. */
export function formatSelector(selector: SelectorObject | undefined): string {
  const parts = Object.entries(selector?.matchLabels ?? {})
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    if (operator === 'Exists') parts.push(key);
    else if (operator === 'DoesNotExist') parts.push(`!${key}`);
    else parts.push(`${key} ${operator.toLowerCase()} (${(values ?? []).toSorted().join(',')})`);
  }
  return parts.length > 0 ? parts.join(',') : '<none>';
}
