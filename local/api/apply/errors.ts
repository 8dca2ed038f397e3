/** How an apply can fail. */
import { compareStrings } from '../schema/json.ts';
import { type FieldSet, pathText } from './field-set.ts';
import { managerId, type Ownership } from './managed-fields.ts';

/** An applied object that cannot be taken; `status` is the HTTP status that the real server answers. */
export class ApplyError extends Error {
  readonly status: 400 | 500;

  constructor(message: string, status: 400 | 500) {
    super(message);
    this.name = 'ApplyError';
    this.status = status;
  }
}

export interface FieldConflict {
  /** The other manager's name. */
  manager: string;
  /** The path, such as `.spec.replicas`. */
  field: string;
  /** The sentence of the Status cause. */
  message: string;
}

/** Fields that another manager owns and that the applied object would change. HTTP 409, reason Conflict. */
export class ApplyConflict extends Error {
  readonly status = 409;
  readonly conflicts: readonly FieldConflict[];

  constructor(conflicts: readonly FieldConflict[], message: string) {
    super(message);
    this.name = 'ApplyConflict';
    this.conflicts = conflicts;
  }
}

/** One owner and the fields at stake. */
export interface Contested {
  owner: Ownership;
  fields: FieldSet;
}

/** The error for a set of contested fields, which must not be empty. */
export function conflictError(contested: readonly Contested[]): ApplyConflict {
  const ordered = contested.toSorted((a, b) =>
    compareStrings(managerId(a.owner.manager), managerId(b.owner.manager)),
  );
  const rows = ordered.flatMap(({ owner, fields }) => {
    const who = describe(owner);
    return [...fields.paths()].map((path) => ({ owner, who, field: pathText(path) }));
  });
  const conflicts = rows.map(({ owner, who, field }) => ({
    manager: owner.manager.name,
    field,
    message: `conflict with ${who}`,
  }));
  const [first] = rows;
  if (rows.length === 1 && first) {
    return new ApplyConflict(
      conflicts,
      `Apply failed with 1 conflict: conflict with ${first.who}: ${first.field}`,
    );
  }
  const groups = new Map<string, string[]>();
  for (const { who, field } of rows) groups.set(who, [...(groups.get(who) ?? []), field]);
  const lines = [...groups].flatMap(([who, fields]) => [
    `conflicts with ${who}:`,
    ...fields.map((field) => `- ${field}`),
  ]);
  return new ApplyConflict(conflicts, `Apply failed with ${rows.length} conflicts: ${lines.join('\n')}`);
}

function describe({ manager }: Ownership): string {
  const subresource = manager.subresource ? ` with subresource "${manager.subresource}"` : '';
  const version = manager.operation === 'Update' ? ` using ${manager.apiVersion}` : '';
  return `${JSON.stringify(manager.name)}${subresource}${version}`;
}
