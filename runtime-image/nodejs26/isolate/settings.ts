import { type Environment, SettingsError } from '../settings.ts';
import { readWarmSettings, type WarmSettings } from '../warm/settings.ts';
import { environment } from '../wire.ts';

/** What a host of isolates knows of itself: the same as a warm pod, and how much it may hold. */
export interface HostSettings extends WarmSettings {
  /** Functions that may be loaded at the same time. */
  readonly capacity: number;
  /** Threads that are always ready. */
  readonly spares: number;
  /** Memory of the whole process above which no further function is taken in, in bytes. */
  readonly memoryBytes: number;
}

/** @throws SettingsError naming each variable that is wrong. */
export function readHostSettings(env: Environment): HostSettings {
  const capacity = positive(env, environment.isolates);
  const spares = positive(env, environment.isolateSpares);
  const memoryBytes = positive(env, environment.isolateMemory) * 2 ** 20;
  return Object.freeze({ ...readWarmSettings(env), capacity, spares, memoryBytes });
}

function positive(env: Environment, name: string): number {
  const value = Number(env[name]);
  if (Number.isInteger(value) && value > 0) return value;
  throw new SettingsError(`${name} is ${JSON.stringify(env[name])}; it must be a positive integer`);
}
