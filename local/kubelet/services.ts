/** What pods on this node have in common. */

import type { KubeClient, KubeObject } from '#kube/client.ts';
import type { Clock } from '#kube/clock.ts';
import type { Log } from '#kube/log.ts';
import type { PodAddresses } from './addresses.ts';
import type { NodeFacts } from './env/downward.ts';
import type { LocalImages } from './images.ts';
import type { ContainerRuntime } from './runtime/runtime.ts';
import type { SourceReader } from './sources.ts';

export interface PodEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  action: string;
  note: string;
}

export interface NodeServices {
  client: KubeClient;
  clock: Clock;
  log: Log;
  runtime: ContainerRuntime;
  sources: SourceReader;
  images: LocalImages;
  addresses: PodAddresses;
  node: NodeFacts;
  /** Holds pods' volumes, working directories and logs. */
  rootDir: string;
  /** The PATH that containers get. */
  path: string;
  record(regarding: KubeObject, event: PodEvent): void;
}
