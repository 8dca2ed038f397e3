/** Tables of custom resources, from their additionalPrinterColumns. */
import type { ApiObject } from '../core/objects.ts';
import { age, since } from './format.ts';
import { compileJsonPath } from './json-path.ts';
import { type Cell, type Column, column, type TableDefinition } from './table.ts';

export interface PrinterColumn {
  name: string;
  type: string;
  jsonPath: string;
  format?: string;
  description?: string;
  priority?: number;
}

export const plainTable: TableDefinition = {
  columns: [column('Name'), column('Age')],
  cells: (object, now) => [object.metadata.name, age(object, now)],
};

/** @throws SyntaxError for a column whose path cannot be read */
export function customTable(printerColumns: readonly PrinterColumn[] | undefined): TableDefinition {
  if (!printerColumns?.length) return plainTable;
  const readers = printerColumns.map(({ jsonPath, type }) => {
    const read = compileJsonPath(jsonPath);
    return (object: ApiObject, now: Date) => cellOf(read(object), type, now);
  });
  return {
    columns: [column('Name'), ...printerColumns.map(toColumn)],
    cells: (object, now) => [object.metadata.name, ...readers.map((reader) => reader(object, now))],
  };
}

function toColumn({ name, type, format, description, priority }: PrinterColumn): Column {
  return { name, type: type as Column['type'], format, description, priority: priority ?? 0 };
}

function cellOf(values: unknown[], type: string, now: Date): Cell {
  const [value] = values;
  if (value === undefined || value === null) return type === 'date' ? '<unknown>' : null;
  switch (type) {
    case 'date':
      return typeof value === 'string' ? since(value, now) : '<invalid>';
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    default:
      return values.map(textOf).join(',');
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
