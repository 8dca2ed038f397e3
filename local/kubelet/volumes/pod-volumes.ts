/** The directories that hold one pod's volumes. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod, Volume } from 'kubernetes-types/core/v1.js';
import type { PodFacts } from '../env/downward.ts';
import type { Sources } from '../env/sources.ts';
import { writeAtomicDirectory } from './atomic-directory.ts';
import { type PlannedFile, planVolume, type VolumePlan } from './plan.ts';

export interface PodVolumes {
  directory(volume: string): string | undefined;
  /** Brings every volume up to date; throws ConfigError when one cannot be, the others are still done. */
  update(pod: Pod, facts: PodFacts, sources: Sources): Promise<void>;
}

export function podVolumes(root: string): PodVolumes {
  const written = new Map<string, VolumePlan>();

  const update = async (volume: Volume, context: { pod: Pod; facts: PodFacts; sources: Sources }) => {
    const plan = planVolume(volume, context);
    if (written.has(volume.name) && samePlan(written.get(volume.name), plan)) return;
    const directory = join(root, volume.name);
    if (plan) await writeAtomicDirectory(directory, plan);
    else await mkdir(directory, { recursive: true, mode: 0o777 });
    written.set(volume.name, plan);
  };

  const updateAll = async (pod: Pod, facts: PodFacts, sources: Sources) => {
    const results = await Promise.allSettled(
      (pod.spec?.volumes ?? []).map((volume) => update(volume, { pod, facts, sources })),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  };

  let last: Promise<unknown> = Promise.resolve();
  return {
    directory: (volume) => (written.has(volume) ? join(root, volume) : undefined),
    update(pod, facts, sources) {
      const done = last.then(() => updateAll(pod, facts, sources));
      last = done.catch(() => {});
      return done;
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
