/** Printer columns whose path this server cannot read are refused with their definition. */
import type { FieldError } from '../core/field-errors.ts';
import { type ApiObject, listAt, stringAt } from '../core/objects.ts';
import { compileJsonPath } from '../tables/json-path.ts';

export function printerColumnErrors(definition: ApiObject): FieldError[] {
  return listAt(definition, 'spec', 'versions').flatMap((version, index) =>
    listAt(version, 'additionalPrinterColumns').flatMap((column, at) => {
      const field = `spec.versions[${index}].additionalPrinterColumns[${at}].jsonPath`;
      return pathErrors(field, stringAt(column, 'jsonPath'));
    }),
  );
}

function pathErrors(field: string, path: string | undefined): FieldError[] {
  // That a path must be there at all is for the definition's own validation to say.
  if (!path) return [];
  try {
    compileJsonPath(path);
    return [];
  } catch (error) {
    return [{ type: 'Invalid', field, value: path, message: (error as Error).message }];
  }
}
