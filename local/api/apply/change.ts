/** What a request says about ownership, in the terms of the updater. */
import type { JsonObject } from '../schema/json.ts';
import type { JSONSchema } from '../schema/types.ts';
import { FieldSet } from './field-set.ts';
import type { Managed, Manager } from './managed-fields.ts';
import { objectAtom } from './object-atom.ts';
import { fieldElement } from './path-element.ts';
import type { Change } from './updater.ts';

/** Who writes, through which endpoint. */
export interface Request {
  schema: JSONSchema;
  /** The field manager's name. */
  manager: string;
  /** RFC 3339 to the second. */
  now: string;
  /** `status`, `scale`, …; absent for the object itself. */
  subresource?: string;
  /** Top-level fields that this endpoint ignores; by default `status`, or `spec` for the status endpoint. */
  resetFields?: readonly string[];
}

/** The change that a request makes to a live object, which must have no entries of its own left. */
export function changeOf(
  request: Request,
  operation: Manager['operation'],
  apiVersion: string,
  live: JsonObject,
  managed: Managed,
): Change {
  const { schema, subresource, manager } = request;
  const reset = request.resetFields ?? defaultReset(schema, subresource);
  return {
    atom: objectAtom(schema),
    live,
    managed,
    manager: {
      name: manager === '' ? 'unknown' : manager,
      operation,
      apiVersion,
      ...(subresource ? { subresource } : {}),
    },
    ignored: FieldSet.of(reset.map((name) => [fieldElement(name)])),
  };
}

function defaultReset(schema: JSONSchema, subresource: string | undefined): string[] {
  if (subresource === 'status') return ['spec'];
  return subresource === undefined && schema.properties?.status ? ['status'] : [];
}
