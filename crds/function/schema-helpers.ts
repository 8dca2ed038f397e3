/** Parts of which schemas are made, within what the Kubernetes structural-schema rules allow. */
import Type from 'typebox';

export const stringEnum = <const T extends readonly string[]>(values: T, options: object = {}) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: values, ...options });

export const rule = (expression: string, message: string, fieldPath?: string) => ({
  rule: expression,
  message,
  ...(fieldPath ? { fieldPath } : {}),
});

export const integer = (options: {
  minimum: number;
  maximum: number;
  default?: number;
  description: string;
}) => Type.Integer({ format: 'int32', ...options });
