/** Definitions compiled once per generation: checking and serving need the same work. */
import type { FieldError } from '../core/field-errors.ts';
import { type ApiObject, isRecord, listAt, recordAt, stringAt } from '../core/objects.ts';
import { compileJsonPath } from '../tables/json-path.ts';
import { compileDefinition } from './schema-library.ts';
import { fromLibrary } from './schemas.ts';

const compiled = new WeakMap<object, ReturnType<typeof compileDefinition>>();

/** What the schema library makes of a definition; cached by its spec. */
export function compiledDefinition(definition: ApiObject): ReturnType<typeof compileDefinition> {
  const spec = recordAt(definition, 'spec') ?? {};
  let result = compiled.get(spec);
  if (!result) {
    result = compileDefinition(definition);
    compiled.set(spec, result);
  }
  return result;
}

/** Structural and CEL errors of the schemas, and columns whose path cannot be read. */
export function definitionErrors(definition: ApiObject): FieldError[] {
  const errors = compiledDefinition(definition).errors.map(fromLibrary);
  for (const [index, version] of listAt(definition, 'spec', 'versions').entries()) {
    for (const [at, printerColumn] of listAt(version, 'additionalPrinterColumns').entries()) {
      const field = `spec.versions[${index}].additionalPrinterColumns[${at}].jsonPath`;
      errors.push(...pathErrors(field, printerColumn));
    }
  }
  return errors;
}

function pathErrors(field: string, printerColumn: unknown): FieldError[] {
  const path = isRecord(printerColumn) ? stringAt(printerColumn, 'jsonPath') : undefined;
  if (!path) return [{ type: 'Required', field, message: '' }];
  try {
    compileJsonPath(path);
    return [];
  } catch (error) {
    return [{ type: 'Invalid', field, value: path, message: (error as Error).message }];
  }
}
