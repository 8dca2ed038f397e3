import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Container, EnvFromSource, PodSpec, Volume } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { deploymentName, FUNCTION_CONTAINER, FUNCTION_PORT, labels, MANAGED_BY } from '#crds/wire/names.ts';
import type { AnnounceConfig } from '../../config.ts';
import { hashOf } from '../canonical.ts';
import { fileItems } from '../source-files.ts';
import { configMapName } from './config-map.ts';
import { containerEnvironment, FUNCTION_DIR } from './environment.ts';
import { containerResources } from './memory.ts';
import { childMetadata } from './owner.ts';
import { confinedContainer, confinedPod, probesOf } from './pod.ts';

/** On a Deployment: hash of what the operator last applied, so that dropping a field is noticed too. */
export const APPLIED_HASH = 'catnap.dev/applied-hash';

/** Time that a pod has beyond `timeoutSeconds` to finish calls when it is asked to stop. */
const GRACE_BEYOND_TIMEOUT_SECONDS = 10;

export interface PodSettings {
  /** Image of the nodejs26 language runtime. */
  runtimeImage: string;
  /** How pods announce themselves; undefined when they do not. */
  announce?: AnnounceConfig | undefined;
}

/**
 * The Deployment that runs a function, as it is server-side applied. It has no `replicas`: that field
 * belongs to whoever scales.
 */
export function functionDeployment(fn: CatnapFunction, revision: string, settings: PodSettings): Deployment {
  const deployment: Deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: childMetadata(fn, deploymentName(fn.metadata.name)),
    spec: {
      selector: { matchLabels: selectorLabels(fn) },
      revisionHistoryLimit: 2,
      // A new revision answers before an old pod goes.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '25%' } },
      template: {
        metadata: {
          labels: {
            ...selectorLabels(fn),
            [labels.revision]: revision,
            [labels.managedBy]: MANAGED_BY,
          },
        },
        spec: podSpec(fn, revision, settings),
      },
    },
  };
  return withAppliedHash(deployment);
}

/**
 * The least that is a valid Deployment, at zero replicas. Applied by the autoscaler's field manager
 * before the full one when a new Deployment must not start a pod (the API would default to one). Every
 * field in it is one the full Deployment always has, so sharing them never keeps a stale value alive.
 */
export function sleepingDeployment(fn: CatnapFunction, settings: PodSettings): Deployment {
  const { name, namespace, ownerReferences } = childMetadata(fn, deploymentName(fn.metadata.name));
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, ownerReferences, labels: selectorLabels(fn) },
    spec: {
      replicas: 0,
      selector: { matchLabels: selectorLabels(fn) },
      template: {
        metadata: { labels: selectorLabels(fn) },
        spec: { containers: [{ name: FUNCTION_CONTAINER, image: fn.spec.image ?? settings.runtimeImage }] },
      },
    },
  };
}

function selectorLabels(fn: CatnapFunction): Record<string, string> {
  return { [labels.function]: fn.metadata.name };
}

/** Time that pods have to end, from the request to it. */
export function graceSeconds(timeoutSeconds: number): number {
  return timeoutSeconds + GRACE_BEYOND_TIMEOUT_SECONDS;
}

/** The label selector of a function's pods, as `kubectl get -l` takes it. */
export function podSelector(functionName: string): string {
  return `${labels.function}=${functionName}`;
}

function podSpec(fn: CatnapFunction, revision: string, settings: PodSettings): PodSpec {
  const container = functionContainer(fn, revision, settings);
  return confinedPod(graceSeconds(fn.spec.timeoutSeconds), container, codeVolumes(fn, revision));
}

function functionContainer(fn: CatnapFunction, revision: string, settings: PodSettings): Container {
  const container = confinedContainer({
    image: fn.spec.image ?? settings.runtimeImage,
    ports: [{ name: 'http', containerPort: FUNCTION_PORT, protocol: 'TCP' }],
    env: containerEnvironment(fn, revision, settings.announce),
    resources: containerResources(fn) as Container['resources'],
    ...probesOf(FUNCTION_PORT),
    volumeMounts: hasCodeVolume(fn) ? [{ name: 'code', mountPath: FUNCTION_DIR, readOnly: true }] : [],
  });
  if (fn.spec.envFrom?.length) container.envFrom = fn.spec.envFrom as EnvFromSource[];
  return container;
}

function hasCodeVolume({ spec }: CatnapFunction): boolean {
  return spec.source?.inline !== undefined || spec.source?.configMap !== undefined;
}

function codeVolumes(fn: CatnapFunction, revision: string): Volume[] {
  const { inline, configMap } = fn.spec.source ?? {};
  if (inline) {
    const name = configMapName(fn.metadata.name, revision);
    return [{ name: 'code', configMap: { name, items: fileItems(inline.files) } }];
  }
  return configMap ? [{ name: 'code', configMap: { name: configMap.name } }] : [];
}

export function withAppliedHash(deployment: Deployment): Deployment {
  const annotations = { [APPLIED_HASH]: hashOf(deployment, 16) };
  return { ...deployment, metadata: { ...deployment.metadata, annotations } };
}
