/** What the API allows in object metadata, besides what the schema library checks. */
import type { FieldError } from '../core/field-errors.ts';
import type { ApiObject } from '../core/objects.ts';

/** Metadata that a change must leave alone, and what a deletion forbids. */
export function metadataChangeErrors(next: ApiObject, live: ApiObject): FieldError[] {
  if (!live.metadata.deletionTimestamp) return [];
  const before = new Set(live.metadata.finalizers);
  const added = (next.metadata.finalizers ?? []).filter((it) => !before.has(it));
  if (added.length === 0) return [];
  const names = added.map((it) => JSON.stringify(it)).join(', ');
  return [
    {
      type: 'Forbidden',
      field: 'metadata.finalizers',
      message: `no new finalizers can be added if the object is being deleted, found new finalizers []string{${names}}`,
    },
  ];
}

const isAbsent = (value: unknown) => value === undefined || value === null;
const isText = (value: unknown) => typeof value === 'string';
const isTextMap = (value: unknown) =>
  typeof value === 'object' && !Array.isArray(value) && Object.values(value ?? {}).every(isText);

const METADATA_TYPES: readonly [fields: string[], fits: (value: unknown) => boolean, expected: string][] = [
  [['labels', 'annotations'], isTextMap, 'a map of strings'],
  [['name', 'namespace', 'generateName', 'resourceVersion', 'uid'], isText, 'a string'],
  [['ownerReferences', 'managedFields'], Array.isArray, 'a list'],
  [['finalizers'], (value) => Array.isArray(value) && value.every(isText), 'a list of strings'],
];

/** What of decoded metadata has the wrong type; checked before any rule above looks at it. */
export function metadataTypeError(metadata: Record<string, unknown>): string | undefined {
  for (const [fields, fits, expected] of METADATA_TYPES) {
    const wrong = fields.find((field) => !isAbsent(metadata[field]) && !fits(metadata[field]));
    if (wrong !== undefined) return `metadata.${wrong}: expected ${expected}`;
  }
  return undefined;
}
