import type { ObjectMeta } from 'kubernetes-types/meta/v1.js';
import type { FunctionSpec, FunctionStatus } from './schema.ts';

export type { FunctionCondition } from './condition.ts';
export type { FunctionSpec, FunctionStatus } from './schema.ts';
export type { Trigger, TriggerStatus } from './triggers.ts';

/** A Function as the API server returns it: defaults are filled in. */
export interface Function {
  apiVersion: 'catnap.dev/v1alpha1';
  kind: 'Function';
  metadata: ObjectMeta & { name: string; namespace: string };
  spec: FunctionSpec;
  status?: FunctionStatus;
}
