/** Compiling all rules of a schema when its definition is written. */
import { rulesOf } from '../cel/compile.ts';
import { invalid } from '../errors.ts';
import type { JsonValue } from '../json.ts';
import type { FieldError, JSONSchema } from '../types.ts';
import { children } from './keywords.ts';

/** Rules that do not compile, and rules that look at stored values where there is nothing to compare with. */
export function compileAllRules(schema: JSONSchema, path: string): FieldError[] {
  return walk(schema, path, true, undefined);
}

function walk(
  schema: JSONSchema,
  path: string,
  root: boolean,
  uncorrelatable: string | undefined,
): FieldError[] {
  const errors = (rulesOf(schema, root)?.rules ?? []).flatMap((compiled, index) => {
    const at = `${path}.x-kubernetes-validations[${index}]`;
    const source = compiled.rule as unknown as JsonValue;
    const found: FieldError[] = [];
    if (compiled.error) found.push(invalid(`${at}.rule`, source, compiled.error));
    if (compiled.messageError) found.push(invalid(`${at}.messageExpression`, source, compiled.messageError));
    if (compiled.usesOldSelf && uncorrelatable !== undefined) {
      const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`;
      found.push(invalid(`${at}.rule`, compiled.rule.rule, detail));
    }
    return found;
  });
  const below = schema.type === 'array' && schema['x-kubernetes-list-type'] !== 'map' ? path : uncorrelatable;
  const nested = children(schema, path).filter(({ at }) => !/\.(allOf|anyOf|oneOf)\[\d+\]$|\.not$/.test(at));
  return [...errors, ...nested.flatMap(({ child, at }) => walk(child, at, false, below))];
}
