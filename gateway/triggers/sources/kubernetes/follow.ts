/** One run: a supervised watch whose changes are delivered, and whose first failure ends it. */
import type { Static } from 'typebox';
import type { kubernetes } from '#crds/function/triggers/kubernetes.ts';
import type { SourceContext, TriggerSetup } from '#gateway/triggers/source.ts';
import type { KubeClient } from '#kube/client.ts';
import { systemClock } from '#kube/clock.ts';
import { discoverResource } from '#kube/discovery.ts';
import { isGone, isResourceVersionTooLarge } from '#kube/errors.ts';
import type { KubeObject } from '#kube/resource.ts';
import { type Supervision, superviseWatch } from '#kube/watch-supervisor.ts';
import { forget, type Knowledge } from './knowledge.ts';
import { eventsOf } from './object-event.ts';
import { Outbox } from './outbox.ts';

export type KubernetesConfig = Static<typeof kubernetes>;

export interface Following {
  readonly client: KubeClient;
  readonly setup: TriggerSetup<KubernetesConfig>;
  readonly context: SourceContext;
  readonly known: Knowledge;
}

/** Ends when nothing runs any more, always by rejecting: with what failed, or the reason of the signal. */
export async function followObjects({ client, setup, context, known }: Following): Promise<never> {
  const { config, functionKey } = setup;
  const type = await discoverResource(client, config.apiVersion, config.kind, context.signal);
  const failing = new AbortController();
  const fail = (error: unknown) => failing.abort(error);
  const signal = AbortSignal.any([context.signal, failing.signal]);
  const outbox = new Outbox(context, fail);
  const [ownNamespace] = functionKey.split('/');
  await superviseWatch({
    client: watchful(client, outbox, fail),
    type,
    options: {
      namespace: type.namespaced ? (config.namespace ?? ownNamespace) : undefined,
      labelSelector: config.labelSelector,
      // It would find what waits behind a full outbox, and hand it over before its turn.
      relistMs: Number.POSITIVE_INFINITY,
    },
    clock: systemClock,
    log: context.log,
    signal,
    cache: known.objects,
    trim: withoutManagedFields,
    emit(change) {
      if (change === undefined || !(known.complete || config.existing)) return;
      const wanted = eventsOf(type, change).filter(({ kind }) => config.events.includes(kind));
      if (wanted.length > 0)
        outbox.send(
          change,
          wanted.map(({ event }) => event),
        );
    },
    event(name) {
      // The list before it has been gone through.
      if (name === 'connect') known.complete = true;
    },
    onSynced() {},
    onConnected(connected) {
      if (connected) context.connected();
    },
  });
  forget(known, outbox.rest);
  throw signal.reason;
}

/** A client whose watches wait for room, and whose failures end the run unless a new list mends them. */
function watchful(
  client: KubeClient,
  outbox: Outbox,
  fail: (error: unknown) => void,
): Supervision<KubeObject>['client'] {
  return {
    list: (type, options) =>
      client.list(type, options).catch((error: unknown) => {
        // A continue token that is too old: the listing starts over.
        if (!isGone(error)) fail(error);
        throw error;
      }),
    async *watch(type, options) {
      try {
        for await (const event of client.watch(type, options)) {
          yield event;
          if (options.signal !== undefined) await outbox.room(options.signal);
        }
      } catch (error) {
        // A connection that was not read for long counts as silent; the watch goes on where it was.
        if (!isGone(error) && !isResourceVersionTooLarge(error) && !outbox.full) fail(error);
        throw error;
      }
    },
  };
}

function withoutManagedFields(object: KubeObject): KubeObject {
  delete object.metadata?.managedFields;
  return object;
}
