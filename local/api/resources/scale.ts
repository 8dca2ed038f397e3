import { numberAt } from '../core/objects.ts';
import type { ScalePaths } from './resource.ts';

/** Replicas that the spec of a scalable object asks for. */
export function specReplicas(object: object, scale: ScalePaths): number {
  return numberAt(object, ...scale.specReplicas) ?? scale.defaultReplicas;
}
