/** The fields that field selectors may name, per resource. */
import { stringAt, valueAt } from '../core/objects.ts';
import type { FieldReader, SelectableFields } from '../requests/field-selector.ts';

/** The value as a selector compares it: absent values are empty, numbers and flags are written out. */
export function fieldReader(path: string, absent = ''): FieldReader {
  const fields = path.split('.');
  return (object) => {
    const value = valueAt(object, fields);
    return value === undefined || value === null ? absent : String(value);
  };
}

const readers = (paths: readonly string[], absent = ''): SelectableFields =>
  Object.fromEntries(paths.map((path) => [path, fieldReader(path, absent)]));

export const clusterFields = readers(['metadata.name']);
export const namespacedFields = readers(['metadata.name', 'metadata.namespace']);

export const podFields: SelectableFields = {
  ...namespacedFields,
  ...readers([
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ]),
  ...readers(['spec.hostNetwork'], 'false'),
};

export const nodeFields: SelectableFields = { ...clusterFields, ...readers(['spec.unschedulable'], 'false') };
export const namespaceFields: SelectableFields = {
  ...clusterFields,
  ...readers(['status.phase']),
  name: (object) => object.metadata.name,
};
export const secretFields: SelectableFields = { ...namespacedFields, ...readers(['type']) };
export const replicaSetFields: SelectableFields = {
  ...namespacedFields,
  ...readers(['status.replicas'], '0'),
};
export const serviceFields: SelectableFields = {
  ...namespacedFields,
  ...readers(['spec.clusterIP', 'spec.type']),
};

const REFERENCE = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

export const coreEventFields: SelectableFields = {
  ...namespacedFields,
  ...readers(REFERENCE.map((field) => `involvedObject.${field}`)),
  ...readers(['reason', 'type', 'reportingComponent']),
  source: (event) => stringAt(event, 'source', 'component') || stringAt(event, 'reportingComponent') || '',
};

export const eventFields: SelectableFields = {
  ...namespacedFields,
  ...readers(REFERENCE.map((field) => `regarding.${field}`)),
  ...readers(['reason', 'type', 'reportingController']),
};
