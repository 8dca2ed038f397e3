/** The part of JSONPath that printer columns use: `.a.b`, `['a.b']`, `[0]`, `[*]`, `[?(@.x=="y")]`. */
import { isRecord } from '../core/objects.ts';

type Step = (value: unknown) => unknown[];

const TOKEN =
  /\.(?<field>(?:\\.|[^.[\]\\])+)|\[\s*'(?<quoted>(?:\\.|[^'\\])*)'\s*\]|\[\s*(?<index>-?\d+)\s*\]|(?<all>\[\*\]|\.\*)|\[\?\(\s*@(?<path>[^=!<>]*?)\s*(?<operator>==|!=)\s*(?<literal>"[^"]*"|'[^']*'|[^)\s]+)\s*\)\]/y;

/**
 * Compiles a path; the result yields every value it leads to.
 * @throws SyntaxError
 */
export function compileJsonPath(path: string): (root: unknown) => unknown[] {
  const text = path.replace(/^\{(.*)\}$/, '$1').replace(/^\$/, '');
  const steps: Step[] = [];
  let position = 0;
  while (position < text.length) {
    TOKEN.lastIndex = position;
    const match = TOKEN.exec(text);
    if (!match)
      throw new SyntaxError(`cannot read JSONPath ${JSON.stringify(path)} at character ${position}`);
    // Before the step is built, since a filter compiles a path of its own.
    position = TOKEN.lastIndex;
    steps.push(stepOf(match.groups ?? {}));
  }
  return (root) => steps.reduce<unknown[]>((values, step) => values.flatMap(step), [root]);
}

function stepOf(groups: Record<string, string | undefined>): Step {
  const { field, quoted, index, all, path = '', operator, literal } = groups;
  if (all) return (value) => (Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : []);
  if (field === '*') return (value) => (isRecord(value) ? Object.values(value) : []);
  const name = (field ?? quoted)?.replace(/\\(.)/g, '$1');
  if (name !== undefined) return (value) => (isRecord(value) && name in value ? [value[name]] : []);
  if (index !== undefined) return (value) => elementAt(value, Number(index));
  return filterStep(path, operator === '!=', parseLiteral(literal ?? ''));
}

function elementAt(value: unknown, index: number): unknown[] {
  const item = Array.isArray(value) ? value.at(index) : undefined;
  return item === undefined ? [] : [item];
}

function filterStep(path: string, negated: boolean, literal: unknown): Step {
  const read = compileJsonPath(path);
  return (value) =>
    Array.isArray(value) ? value.filter((item) => (read(item)[0] === literal) !== negated) : [];
}

function parseLiteral(text: string): unknown {
  if (text.startsWith("'") || text.startsWith('"')) return text.slice(1, -1);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
