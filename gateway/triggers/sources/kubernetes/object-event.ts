/** What a change of an object looks like as an event. */
import type { TriggerEvent } from '#gateway/triggers/source.ts';
import type { Change } from '#kube/cache.ts';
import { apiVersionOf, type KubeObject, type ResourceType, resourcePath } from '#kube/resource.ts';

export type EventKind = 'Added' | 'Modified' | 'Deleted';

/** An object that was deleted and made anew between two looks is two events. */
export function eventsOf(
  type: ResourceType<KubeObject>,
  { current, previous }: Change<KubeObject>,
): { kind: EventKind; event: TriggerEvent }[] {
  const make = (kind: EventKind, object: KubeObject) => ({ kind, event: eventOf(type, kind, object) });
  if (current === undefined) return previous === undefined ? [] : [make('Deleted', previous)];
  if (previous === undefined) return [make('Added', current)];
  if (previous.metadata?.uid === current.metadata?.uid) return [make('Modified', current)];
  return [make('Deleted', previous), make('Added', current)];
}

function eventOf(type: ResourceType<KubeObject>, kind: EventKind, object: KubeObject): TriggerEvent {
  const { uid = '', resourceVersion = '', namespace, name = '' } = object.metadata ?? {};
  const change = kind.toLowerCase();
  return {
    id: `${uid}.${resourceVersion}.${change}`,
    type: `dev.catnap.kubernetes.object.${change}`,
    source: resourcePath(type, { namespace }),
    subject: name,
    contentType: 'application/json',
    data: Buffer.from(JSON.stringify(object)),
    extensions: {
      apiversion: apiVersionOf(type),
      kind: type.kind,
      ...(namespace === undefined ? {} : { namespace }),
    },
    key: uid,
  };
}
