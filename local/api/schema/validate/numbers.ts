/** Bounds of numbers. */
import { invalid, renderNumber } from '../errors.ts';
import type { FieldError } from '../types.ts';
import { Result } from './result.ts';
import type { Node } from './value.ts';

/** Checks range of the type, multipleOf, minimum and maximum. */
export function checkNumber({ value, schema, path }: Node): Result {
  const result = new Result();
  result.matches++;
  const number = value as number;
  result.add(rangeError(number, schema.type, path));
  const { multipleOf, minimum, maximum } = schema;
  const fail = (sentence: string) => invalid(path, number, `${path} in body should be ${sentence}`);
  if (multipleOf !== undefined && !isMultiple(number, multipleOf)) {
    result.add(fail(`a multiple of ${renderNumber(multipleOf)}`));
  }
  if (minimum !== undefined && (number < minimum || (schema.exclusiveMinimum && number === minimum))) {
    result.add(fail(`greater than ${schema.exclusiveMinimum ? '' : 'or equal to '}${renderNumber(minimum)}`));
  }
  if (maximum !== undefined && (number > maximum || (schema.exclusiveMaximum && number === maximum))) {
    result.add(fail(`less than ${schema.exclusiveMaximum ? '' : 'or equal to '}${renderNumber(maximum)}`));
  }
  return result;
}

function rangeError(value: number, type: string | undefined, path: string): FieldError | undefined {
  if (type !== 'integer' || (value >= -(2 ** 63) && value < 2 ** 63)) return undefined;
  return invalid('<nil>', '', `Checked value must be of type integer (default format) in ${path}`);
}

function isMultiple(value: number, factor: number): boolean {
  const quotient = value / factor;
  return Number.isInteger(quotient) || Math.abs(quotient - Math.round(quotient)) < 1e-12 * Math.abs(quotient);
}
