import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
import type { FunctionSpec, FunctionStatus } from './schema.ts';

export type { FunctionCondition, FunctionSpec, FunctionStatus } from './schema.ts';

/** A Function as the API server returns it: defaults are filled in. */
export interface Function {
  apiVersion: 'catnap.dev/v1alpha1';
  kind: 'Function';
  metadata: ObjectMeta & { name: string; namespace: string };
  spec: FunctionSpec;
  status?: FunctionStatus;
}
