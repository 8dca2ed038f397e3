/** Field selectors: `metadata.name=x,status.phase!=Running`, over the fields a resource supports. */
import type { ApiObject } from '../core/objects.ts';
import { badRequest } from '../core/status-error.ts';

export type FieldReader = (object: ApiObject) => string;
export type SelectableFields = Readonly<Record<string, FieldReader>>;

export interface FieldSelector {
  readonly empty: boolean;
  /** The one name that can match, when the selector fixes it. */
  readonly name?: string;
  matches(object: ApiObject): boolean;
}

interface Term {
  field: string;
  negated: boolean;
  value: string;
}

/** @throws a 400 StatusError for bad syntax and for fields the resource does not offer */
export function parseFieldSelector(
  text: string | null | undefined,
  supported: SelectableFields,
): FieldSelector {
  if (!text) return { empty: true, matches: () => true };
  const terms = splitTerms(text).map(parseTerm);
  const checks = terms.map(({ field, negated, value }) => {
    const read = Object.hasOwn(supported, field) ? supported[field] : undefined;
    if (!read) throw badRequest(`field label not supported: ${field}`);
    return (object: ApiObject) => (read(object) === value) !== negated;
  });
  const name = terms.find((term) => term.field === 'metadata.name' && !term.negated)?.value;
  return {
    empty: false,
    ...(name === undefined ? {} : { name }),
    matches: (object) => checks.every((check) => check(object)),
  };
}

/** Splits at commas; a backslash keeps the next character as it is. */
function splitTerms(text: string): string[] {
  return (text.match(/(?:\\.|[^,\\])+/g) ?? []).filter((term) => term !== '');
}

function parseTerm(term: string): Term {
  const match = /^((?:\\.|[^=!\\])*)(==|!=|=)((?:\\.|[^=\\])*)$/.exec(term);
  if (!match) {
    throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
  }
  const [, field = '', operator, value = ''] = match;
  return { field, negated: operator === '!=', value: value.replace(/\\(.)/g, '$1') };
}
