/** Whatever a logical combination at the root speaks of must be declared outside of it too. */
import { required } from '../errors.ts';
import { itemsOf } from '../prune.ts';
import type { FieldError, JSONSchema } from '../types.ts';

/** Fields that only occur within allOf, anyOf, oneOf or not. The real server looks at the root alone. */
export function completenessErrors(schema: JSONSchema, path: string): FieldError[] {
  return junctors(schema, schema, path, path);
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
    const path = `${outerPath}.properties[${name}]`;
    errors.push(...declared(property, outer.properties?.[name], path, `${at}.properties[${name}]`));
  }
  return errors;
}
