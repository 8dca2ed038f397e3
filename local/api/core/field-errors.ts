/** Field errors in the words of the Kubernetes API. */

export interface FieldError {
  type: FieldErrorType;
  field: string;
  message: string;
  value?: unknown;
  /** The whole text after the field's path, where a library has worded it already. */
  body?: string;
}

export type FieldErrorType =
  | 'NotFound'
  | 'Required'
  | 'Duplicate'
  | 'Invalid'
  | 'NotSupported'
  | 'Forbidden'
  | 'TooLong'
  | 'TooMany'
  | 'Internal'
  | 'TypeInvalid';

const WORDS: Record<FieldErrorType, string> = {
  NotFound: 'Not found',
  Required: 'Required value',
  Duplicate: 'Duplicate value',
  Invalid: 'Invalid value',
  NotSupported: 'Unsupported value',
  Forbidden: 'Forbidden',
  TooLong: 'Too long',
  TooMany: 'Too many',
  Internal: 'Internal error',
  TypeInvalid: 'Invalid value',
};

const WITHOUT_VALUE: ReadonlySet<FieldErrorType> = new Set(['Required', 'Forbidden', 'TooLong', 'Internal']);

/** The reason of a Status cause, such as FieldValueInvalid. */
export function causeReason(type: FieldErrorType): string {
  return type === 'Internal' ? 'InternalError' : `FieldValue${type}`;
}

/** What follows the field's path: kind of error, offending value, explanation. */
export function errorBody(error: FieldError): string {
  if (error.body !== undefined) return error.body;
  const head = WITHOUT_VALUE.has(error.type)
    ? WORDS[error.type]
    : `${WORDS[error.type]}: ${formatValue(error.value)}`;
  return error.message ? `${head}: ${error.message}` : head;
}

export function errorText(error: FieldError): string {
  return `${error.field}: ${errorBody(error)}`;
}

/** One error as it is, several in brackets; repeated ones once. */
export function aggregateText(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(errorText))];
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

function formatValue(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}
