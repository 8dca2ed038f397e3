/** Server-side tables: what `kubectl get` prints. */
import type { ApiObject } from '../core/objects.ts';

export interface Column {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  /** Above 0: only with `-o wide`. */
  priority: number;
  format?: string;
  description?: string;
}

export type Cell = string | number | boolean | null;

export interface TableDefinition {
  columns: readonly Column[];
  /** One cell per column. */
  cells(object: ApiObject, now: Date): Cell[];
}

export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** A text column; `wide` ones show only with `-o wide`. */
export function column(name: string, type: Column['type'] = 'string', wide = false): Column {
  const format = name === 'Name' ? { format: 'name' } : {};
  return { name, type, priority: wide ? 1 : 0, ...format };
}

export const wide = (name: string, type: Column['type'] = 'string'): Column => column(name, type, true);

/** The parts of a Table that do not depend on the list it shows. */
export function tableHead(definition: TableDefinition): object {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    columnDefinitions: definition.columns.map((it) => ({
      name: it.name,
      type: it.type,
      format: it.format ?? '',
      description: it.description ?? '',
      priority: it.priority,
    })),
  };
}

/** One row; the object goes along whole, as metadata, or not at all. */
export function tableRow(
  definition: TableDefinition,
  object: ApiObject,
  include: IncludeObject,
  now: Date,
): object {
  const cells = definition.cells(object, now);
  if (include === 'None') return { cells };
  return { cells, object: include === 'Object' ? object : partialMetadata(object) };
}

export function partialMetadata(object: ApiObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}
