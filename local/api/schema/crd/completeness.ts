/** Whatever a logical combination speaks of must be declared outside of it too. */
import { required } from '../errors.ts';
import { itemsOf } from '../prune.ts';
import type { FieldError, JSONSchema } from '../types.ts';

/** Fields that only occur within allOf, anyOf, oneOf or not. */
export function completenessErrors(schema: JSONSchema, path: string): FieldError[] {
  const errors = junctors(schema, schema, path, path);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...completenessErrors(property, `${path}.properties[${name}]`));
  }
  const items = itemsOf(schema);
  if (items) errors.push(...completenessErrors(items, `${path}.items`));
  if (typeof schema.additionalProperties === 'object') {
    errors.push(...completenessErrors(schema.additionalProperties, `${path}.additionalProperties`));
  }
  return errors;
}

/** `nested` at `at` speaks of the value that `outer` at `outerPath` declares. */
function junctors(nested: JSONSchema, outer: JSONSchema, outerPath: string, at: string): FieldError[] {
  const children = (['allOf', 'anyOf', 'oneOf'] as const).flatMap((key) =>
    (nested[key] ?? []).map((child, index) => ({ child, path: `${at}.${key}[${index}]` })),
  );
  if (nested.not) children.push({ child: nested.not, path: `${at}.not` });
  return children.flatMap(({ child, path }) => declared(child, outer, outerPath, path));
}

function declared(
  nested: JSONSchema,
  outer: JSONSchema | undefined,
  outerPath: string,
  at: string,
): FieldError[] {
  if (outer === undefined) return [required(outerPath, `because it is defined in ${at}`)];
  const errors = junctors(nested, outer, outerPath, at);
  const items = itemsOf(nested);
  if (items) errors.push(...declared(items, itemsOf(outer), `${outerPath}.items`, `${at}.items`));
  for (const [name, property] of Object.entries(nested.properties ?? {})) {
    const fallback = typeof outer.additionalProperties === 'object' ? outer.additionalProperties : undefined;
    const target = outer.properties?.[name];
    const inAdditional = target === undefined && fallback !== undefined;
    const targetPath = inAdditional
      ? `${outerPath}.additionalProperties`
      : `${outerPath}.properties[${name}]`;
    errors.push(...declared(property, target ?? fallback, targetPath, `${at}.properties[${name}]`));
  }
  return errors;
}
