/** Reads the ConfigMaps and Secrets of pods, and tells when one changes. */
import type { ConfigMap, Secret } from 'kubernetes-types/core/v1.js';
import type { KubeClient } from '#kube/client.ts';
import type { SourceRef, Sources } from '#kube/env/sources.ts';
import { isNotFound } from '#kube/errors.ts';
import type { Log } from '#kube/log.ts';
import { configMaps, secrets } from '#kube/resource.ts';
import { createWatcher } from '#kube/watcher.ts';

export interface SourceReader {
  /** What the API server has now. */
  fresh(namespace: string, refs: readonly SourceRef[]): Promise<Sources>;
  /** What the watch brought so far. */
  cached(namespace: string): Sources;
  onChange(listener: (change: SourceRef & { namespace: string }) => void): void;
  whenSynced(signal?: AbortSignal): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

export function createSourceReader(client: KubeClient, log: Log): SourceReader {
  const maps = createWatcher(client, configMaps, { log });
  const hidden = createWatcher(client, secrets, { log });

  const fetchOne = async (namespace: string, { kind, name }: SourceRef) => {
    const type = kind === 'ConfigMap' ? configMaps : secrets;
    const read: Promise<ConfigMap | Secret> = client.get<ConfigMap | Secret>(type, { namespace, name });
    return read.catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  };

  return {
    async fresh(namespace, refs) {
      const found = new Map<string, ConfigMap | Secret | undefined>();
      await Promise.all(
        refs.map(async (ref) => found.set(`${ref.kind}/${ref.name}`, await fetchOne(namespace, ref))),
      );
      return {
        configMap: (name) => found.get(`ConfigMap/${name}`) as ConfigMap | undefined,
        secret: (name) => found.get(`Secret/${name}`) as Secret | undefined,
      };
    },
    cached: (namespace) => ({
      configMap: (name) => maps.get(namespace, name),
      secret: (name) => hidden.get(namespace, name),
    }),
    onChange(listener) {
      const tell = (kind: SourceRef['kind']) => (change: { key: string }) => {
        const [namespace = '', name = ''] = change.key.split('/');
        listener({ kind, namespace, name });
      };
      maps.onChange(tell('ConfigMap'));
      hidden.onChange(tell('Secret'));
    },
    async whenSynced(signal) {
      await Promise.all([maps.whenSynced(signal), hidden.whenSynced(signal)]);
    },
    start() {
      maps.start();
      hidden.start();
    },
    async stop() {
      await Promise.all([maps.stop(), hidden.stop()]);
    },
  };
}
