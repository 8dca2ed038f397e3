/** Builders of field errors, with the wording of the real API server. */
import { goJsonText, type JsonValue } from './json.ts';
import type { FieldError, FieldErrorType } from './types.ts';

const TITLES: Record<FieldErrorType, string> = {
  FieldValueRequired: 'Required value',
  FieldValueInvalid: 'Invalid value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueNotFound: 'Not found',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueTypeInvalid: 'Invalid value',
  InternalError: 'Internal error',
};

/** In place of a value: the message does not show one. */
export const omitted = Symbol('omitted');

function shown(value: unknown): string {
  return value === omitted ? '' : `: ${render(value)}`;
}

/** The whole sentence, `field: message`, as kubectl shows it. */
export function errorText(error: FieldError): string {
  return `${error.field}: ${error.message}`;
}

/** A field that must be there and is not. */
export function required(field: string, detail = ''): FieldError {
  return build('FieldValueRequired', field, '', detail);
}

/** A value that breaks a rule; `detail` says which. */
export function invalid(field: string, value: unknown, detail: string): FieldError {
  return build('FieldValueInvalid', field, shown(value), detail, value);
}

/** A value of the wrong JSON type. */
export function typeInvalid(field: string, value: unknown, detail: string): FieldError {
  return build('FieldValueTypeInvalid', field, `: ${render(value)}`, detail, value);
}

/** A field that may not be set, or not changed, here. */
export function forbidden(field: string, detail: string): FieldError {
  return build('FieldValueForbidden', field, '', detail);
}

/** A value, or a key of a list, that must be unique and is not. */
export function duplicate(field: string, value: unknown, detail = ''): FieldError {
  return build('FieldValueDuplicate', field, shown(value), detail, value);
}

/** A reference to something that is not there. */
export function notFound(field: string, value: unknown): FieldError {
  return build('FieldValueNotFound', field, `: ${render(value)}`, '', value);
}

/** A value outside a fixed set, which the message lists in the order given. */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const listed = supported.map(quote);
  const detail = listed.length > 0 ? `supported values: ${listed.join(', ')}` : '';
  return build('FieldValueNotSupported', field, `: ${render(value)}`, detail, value);
}

/** A string of more than `limit` bytes. */
export function tooLong(field: string, limit: number): FieldError {
  const detail =
    limit >= 0 ? `may not be more than ${limit} ${limit === 1 ? 'byte' : 'bytes'}` : 'value is too long';
  return build('FieldValueTooLong', field, '', detail);
}

/** A list or map of `actual` entries where at most `limit` are allowed. */
export function tooMany(field: string, actual: number, limit: number): FieldError {
  const noun = limit === 1 ? 'item' : 'items';
  const detail = limit >= 0 ? `must have at most ${limit} ${noun}` : 'has too many items';
  return build('FieldValueTooMany', field, actual < 0 ? '' : `: ${actual}`, detail, actual);
}

function build(
  type: FieldErrorType,
  field: string,
  shown: string,
  detail: string,
  value?: unknown,
): FieldError {
  const message = `${TITLES[type]}${shown}${detail === '' ? '' : `: ${detail}`}`;
  return value === undefined || value === omitted
    ? { type, field, message }
    : { type, field, message, value };
}

/** A value as Go prints it in such messages: quoted strings, bare scalars, JSON for the rest. */
function render(value: unknown): string {
  if (value === undefined) return 'null';
  if (typeof value === 'bigint' || typeof value === 'number') return renderNumber(value);
  if (typeof value === 'string') return quote(value);
  return goJsonText(value as JsonValue);
}

/** A number as Go's %v prints it. */
export function renderNumber(value: number | bigint): string {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e21)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return String(value);
}

/** A string as Go's %q prints it. */
export function quote(text: string): string {
  let out = '"';
  for (const char of text) out += quoteChar(char);
  return `${out}"`;
}

const ESCAPES: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
  '\u0007': '\\a',
};

function quoteChar(char: string): string {
  const known = ESCAPES[char];
  if (known !== undefined) return known;
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (/[\p{L}\p{M}\p{N}\p{P}\p{S}]| /u.test(char)) return char;
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}
