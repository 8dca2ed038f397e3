/**
 * What we set out to reach, judged against what was measured. A missed target is a finding, not a failure: it
 * stands in the report and leaves the exit code alone.
 */

export interface Goal {
  /** What is measured. */
  name: string;
  unit: '' | 'ms' | 'MB' | '%';
  /** Exactly one of these two. */
  atMost?: number;
  atLeast?: number;
  /** On what cluster the goal is meant; anywhere when absent. */
  on?: 'real';
  /** What the best of the others does, in words. */
  peer?: string;
}

export interface Target extends Goal {
  /** Null when there was nothing to measure. */
  measured: number | null;
  reached: boolean;
}

/** Judges a value; one that is not there, or not a number, reaches nothing. */
export function judge(goal: Goal, measured: number | undefined): Target {
  const value = measured === undefined || Number.isNaN(measured) ? null : measured;
  const { atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = goal;
  return { ...goal, measured: value, reached: value !== null && value <= atMost && value >= atLeast };
}

/** `NAME: 12 ms, target ≤ 15 ms: reached (Fission: …)` */
export function renderTarget(target: Target, cluster: string): string {
  const { name, measured, reached, on, peer } = target;
  const where = on && on !== cluster ? ` (${on} cluster)` : '';
  const verdict = measured === null ? 'not measured' : reached ? 'reached' : 'missed';
  const value = measured === null ? '–' : quantity(measured, target.unit);
  return `${name}: ${value}, target ${bound(target)}${where}: ${verdict}${peer ? ` (${peer})` : ''}`;
}

function bound({ atMost, atLeast, unit }: Goal): string {
  return atMost === undefined ? `≥ ${quantity(atLeast ?? 0, unit)}` : `≤ ${quantity(atMost, unit)}`;
}

function quantity(value: number, unit: Goal['unit']): string {
  const figure = value.toLocaleString('en', { maximumFractionDigits: 2 });
  return unit ? `${figure} ${unit}` : figure;
}
