/** What the server knows of a resource, built in or defined by a CustomResourceDefinition. */
import type { FieldError } from '../core/field-errors.ts';
import type { ApiObject } from '../core/objects.ts';
import type { SelectableFields } from '../requests/field-selector.ts';
import type { JSONSchema } from '../schema/index.ts';
import type { TableDefinition } from '../tables/table.ts';
import type { WriteContext } from '../writes/context.ts';

export interface ScalePaths {
  specReplicas: readonly string[];
  statusReplicas: readonly string[];
  /** Yields the selector in its text form. */
  selector(object: ApiObject): string;
  /** Replicas of a spec that leaves them out. */
  defaultReplicas: number;
}

/** How objects of a resource differ from the plain create-update-delete life. */
export interface Strategy {
  /** PUT of an absent object makes it. */
  allowCreateOnUpdate: boolean;
  /** PUT without resourceVersion is allowed. */
  allowUnconditionalUpdate: boolean;
  /** Whether metadata.generation counts changes of what a user wants. */
  hasGeneration: boolean;
  /** Whether a status given at creation is kept. */
  keepsStatusOnCreate: boolean;
  /** Whether writers of the status subresource may change labels and annotations too. */
  statusTakesMetadata: boolean;
  /** An immediate deletion answers with the object, not with a Status. */
  returnsDeletedObject: boolean;
  /** Fills in what a writer left out. */
  defaults(object: ApiObject): ApiObject;
  /** After decoding and defaulting, before validation. */
  prepareCreate?(object: ApiObject, context: WriteContext): ApiObject;
  prepareUpdate?(next: ApiObject, live: ApiObject, subresource: string | undefined): ApiObject;
  /** Errors of the object as such, and with `live` of the change. */
  validate(object: ApiObject, live: ApiObject | undefined, subresource: string | undefined): FieldError[];
  /** Refuses or awaits what must exist before the object; runs before a creation. */
  admitCreate?(object: ApiObject, context: WriteContext): Promise<void>;
  /** @throws StatusError when the object must not be deleted */
  admitDelete?(object: ApiObject): void;
  /** Seconds of grace; undefined for resources that are deleted at once. */
  gracePeriod?(object: ApiObject, requested: number | undefined): number;
  /** On the first deletion of an object that lives on for a while. */
  markTerminating?(object: ApiObject): ApiObject;
  /** Something besides metadata.finalizers that holds the object back. */
  heldBack?(object: ApiObject): boolean;
}

export interface Resource {
  group: string;
  version: string;
  kind: string;
  listKind: string;
  plural: string;
  singular: string;
  shortNames: readonly string[];
  categories: readonly string[];
  namespaced: boolean;
  /** Where the store keeps the objects; versions of one resource share it. */
  bucket: string;
  verbs: readonly string[];
  /** Names such as `status`, `scale`, `log`. */
  subresources: readonly string[];
  scale?: ScalePaths;
  /** Defined by a CustomResourceDefinition. */
  custom: boolean;
  selectable: SelectableFields;
  columns: TableDefinition;
  strategy: Strategy;
  schema(): JSONSchema | undefined;
  /** From and to the form the store keeps, where that differs. */
  convert?: { toStorage(object: ApiObject): ApiObject; fromStorage(object: ApiObject): ApiObject };
}

export const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group ? `${group}/${version}` : version;
}

const converted = new WeakMap<ApiObject, WeakMap<Resource, ApiObject>>();

/** A stored object in the version of the resource; the same object each time it is asked for. */
export function present(resource: Resource, stored: ApiObject): ApiObject {
  if (!resource.convert) return stored;
  let forms = converted.get(stored);
  if (!forms) {
    forms = new WeakMap();
    converted.set(stored, forms);
  }
  let form = forms.get(resource);
  if (!form) {
    form = resource.convert.fromStorage(stored);
    forms.set(resource, form);
  }
  return form;
}
