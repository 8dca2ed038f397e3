/** Serves what CustomResourceDefinitions define, and takes it away with them. */
import {
  type ApiObject,
  deepEqual,
  isRecord,
  listAt,
  recordAt,
  stringAt,
  timestamp,
} from '../core/objects.ts';
import type { StoreEvent } from '../storage/history.ts';
import type { WriteContext } from '../writes/context.ts';
import { deleteObject } from '../writes/delete.ts';
import { bucketOf, customResources } from './custom.ts';
import type { Resource } from './resource.ts';
import { CLEANUP_FINALIZER, storageVersion } from './strategies/definitions.ts';

const BUCKET = 'customresourcedefinitions.apiextensions.k8s.io';

interface Condition {
  type: string;
  status: 'True' | 'False';
  reason: string;
  message: string;
  lastTransitionTime?: string;
}

/** Starts at once with the definitions in the store, then follows every write; returns the way to stop. */
export function startDefinitionController(context: WriteContext): () => void {
  const { store, registry, log } = context;
  const served = new Map<string, Resource[]>();
  const cleanups = new Map<string, () => void>();

  const withdraw = (name: string) => {
    for (const resource of served.get(name) ?? []) registry.remove(resource);
    served.delete(name);
  };
  const serve = (definition: ApiObject) => {
    const resources = customResources(definition);
    withdraw(definition.metadata.name);
    for (const resource of resources) registry.add(resource);
    served.set(definition.metadata.name, resources);
  };
  const write = (definition: ApiObject) => store.put(BUCKET, definition.metadata.name, definition);

  /** Deletes the objects; the definition goes when the last one has gone. */
  const cleanUp = (definition: ApiObject) => {
    const { name } = definition.metadata;
    const bucket = bucketOf(definition);
    const [resource] = served.get(name) ?? [];
    const finishWhenEmpty = () => {
      if (store.count(bucket) > 0) return;
      cleanups.get(name)?.();
      cleanups.delete(name);
      withdraw(name);
      releaseDefinition(context, name);
    };
    if (!cleanups.has(name))
      cleanups.set(
        name,
        store.subscribe(bucket, (event) => event.type === 'DELETED' && finishWhenEmpty()),
      );
    for (const object of resource ? store.list(bucket, '') : []) {
      if (!object.metadata.deletionTimestamp)
        deleteObject(context, resource as Resource, object, { dryRun: false });
    }
    finishWhenEmpty();
  };

  const reconcile = (definition: ApiObject) => {
    if (definition.metadata.deletionTimestamp) return cleanUp(definition);
    const accepted = withAcceptance(context, definition);
    if (!deepEqual(accepted, definition)) {
      // The write comes back here as an event and finds nothing more to change.
      write(accepted);
      return;
    }
    if (isEstablished(definition)) serve(definition);
  };
  const guarded = (definition: ApiObject) => {
    try {
      reconcile(definition);
    } catch (error) {
      log.error({ err: error, definition: definition.metadata.name }, 'definition cannot be served');
    }
  };
  const onEvent = (event: StoreEvent) => {
    if (event.type === 'DELETED') withdraw(event.key);
    // Only after the writer of this event is done with it.
    else
      queueMicrotask(() => {
        const current = store.get(BUCKET, event.key);
        if (current) guarded(current);
      });
  };

  const unsubscribe = store.subscribe(BUCKET, onEvent);
  for (const definition of store.list(BUCKET, '')) guarded(definition);
  return () => {
    unsubscribe();
    for (const stop of cleanups.values()) stop();
  };
}

function releaseDefinition({ store }: WriteContext, name: string): void {
  const definition = store.get(BUCKET, name);
  if (!definition) return;
  const finalizers = (definition.metadata.finalizers ?? []).filter((it) => it !== CLEANUP_FINALIZER);
  const next = { ...definition, metadata: { ...definition.metadata, finalizers } };
  if (finalizers.length > 0) store.put(BUCKET, name, next);
  else store.remove(BUCKET, name, next);
}

function isEstablished(definition: ApiObject): boolean {
  return listAt(definition, 'status', 'conditions').some(
    (it) => isRecord(it) && it.type === 'Established' && it.status === 'True',
  );
}

/** The definition with its finalizer and with a status that says whether its names are free. */
function withAcceptance(context: WriteContext, definition: ApiObject): ApiObject {
  const finalizers = definition.metadata.finalizers ?? [];
  const rival = nameRival(context, definition);
  const conditions: Condition[] = rival
    ? [
        { type: 'NamesAccepted', status: 'False', reason: 'NamesConflict', message: rival },
        {
          type: 'Established',
          status: 'False',
          reason: 'NotAccepted',
          message: 'not all names are accepted',
        },
      ]
    : [
        { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
        {
          type: 'Established',
          status: 'True',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        },
      ];
  const stored = listAt(definition, 'status', 'storedVersions').map(String);
  const storage = storageVersion(definition);
  return {
    ...definition,
    metadata: {
      ...definition.metadata,
      finalizers: finalizers.includes(CLEANUP_FINALIZER) ? finalizers : [...finalizers, CLEANUP_FINALIZER],
    },
    status: {
      ...recordAt(definition, 'status'),
      acceptedNames: rival ? { kind: '', plural: '' } : recordAt(definition, 'spec', 'names'),
      storedVersions: storage && !stored.includes(storage) ? [...stored, storage] : stored,
      conditions: mergeConditions(definition, conditions, timestamp(context.now())),
    },
  };
}

/** A sentence about another definition that has one of the names; undefined when all are free. */
function nameRival({ store }: WriteContext, definition: ApiObject): string | undefined {
  const group = stringAt(definition, 'spec', 'group');
  const mine = namesOf(recordAt(definition, 'spec', 'names'));
  for (const other of store.list(BUCKET, '')) {
    if (other.metadata.name === definition.metadata.name) continue;
    if (stringAt(other, 'spec', 'group') !== group) continue;
    const taken = namesOf(recordAt(other, 'status', 'acceptedNames'));
    const shared = mine.find((name) => taken.includes(name));
    if (shared) return `${JSON.stringify(shared)} is already in use`;
  }
  return undefined;
}

function namesOf(names: Record<string, unknown> | undefined): string[] {
  if (!names) return [];
  const texts = [names.plural, names.singular, names.kind, names.listKind, ...listAt(names, 'shortNames')];
  return texts.filter((it) => typeof it === 'string' && it !== '') as string[];
}

function mergeConditions(definition: ApiObject, wanted: Condition[], now: string): unknown[] {
  const present = listAt(definition, 'status', 'conditions').filter(isRecord);
  const merged = wanted.map((condition) => {
    const before = present.find((it) => it.type === condition.type);
    const since = before?.status === condition.status ? before.lastTransitionTime : now;
    return { ...before, ...condition, lastTransitionTime: since };
  });
  return [...merged, ...present.filter((it) => !wanted.some(({ type }) => type === it.type))];
}
