/** Parts of which schemas are made, within what the Kubernetes structural-schema rules allow. */
import Type from 'typebox';

export const stringEnum = <const T extends readonly string[]>(values: T, options: object = {}) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: values, ...options });

/** A map of free keys; TypeBox's Record would emit `patternProperties`, which is not structural. */
export const mapOf = <T>(value: object, options: object = {}) =>
  Type.Unsafe<Record<string, T>>({ type: 'object', additionalProperties: value, ...options });

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

export const intOrString = (description: string) =>
  Type.Unsafe<number | string>({ 'x-kubernetes-int-or-string': true, description });

/** A duration that was measured. */
export const milliseconds = (description: string) =>
  Type.Integer({ format: 'int64', minimum: 0, description });
