/** The directories that hold one pod's volumes. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod, Volume } from 'kubernetes-types/core/v1.js';
import type { Sources } from '#kube/env/sources.ts';
import type { PodFacts } from '../env/downward.ts';
import { writeAtomicDirectory } from './atomic-directory.ts';
import { type PlannedFile, planVolume, type VolumePlan } from './plan.ts';

export interface PodVolumes {
  directory(volume: string): string | undefined;
  /** Brings every volume up to date; throws ConfigError when one cannot be, the others are still done. */
  update(pod: Pod, facts: PodFacts, sources: Sources): void;
}

export function podVolumes(root: string): PodVolumes {
  const written = new Map<string, VolumePlan>();

  const update = (volume: Volume, context: { pod: Pod; facts: PodFacts; sources: Sources }) => {
    const plan = planVolume(volume, context);
    if (written.has(volume.name) && samePlan(written.get(volume.name), plan)) return;
    const directory = join(root, volume.name);
    if (plan) writeAtomicDirectory(directory, plan);
    else mkdirSync(directory, { recursive: true, mode: 0o777 });
    written.set(volume.name, plan);
  };

  return {
    directory: (volume) => (written.has(volume) ? join(root, volume) : undefined),
    update(pod, facts, sources) {
      let failure: unknown;
      for (const volume of pod.spec?.volumes ?? []) {
        try {
          update(volume, { pod, facts, sources });
        } catch (error) {
          failure ??= error;
        }
      }
      if (failure) throw failure;
    },
  };
}

function samePlan(a: VolumePlan, b: VolumePlan): boolean {
  if (!a || !b) return a === b;
  return a.size === b.size && [...a].every(([path, file]) => sameFile(file, b.get(path)));
}

function sameFile(a: PlannedFile, b: PlannedFile | undefined): boolean {
  return b !== undefined && a.mode === b.mode && a.content.equals(b.content);
}
