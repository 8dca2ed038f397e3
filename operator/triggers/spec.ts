/** What gateways are handed to run the triggers of a function, and which they cannot run. Pure. */
import type { Function as CatnapFunction, Trigger } from '#crds/function/types.ts';
import { functionKey } from '#crds/wire/names.ts';
import type { TriggerSpec, TriggerSpecs } from '#crds/wire/trigger-spec.ts';
import { canonicalJson } from '../function/canonical.ts';
import type { Finding } from '../function/conditions.ts';
import { credentialsTooLarge, secretForbidden, secretMissing } from './conditions.ts';

/** Of one Secret; certificates and keys are a few kilobytes. */
export const MAX_CREDENTIALS_BYTES = 65_536;

/** What a Secret holds, by key, or why that is not known. */
export type Credentials = Record<string, string> | 'missing' | 'forbidden' | 'too large';

export interface ResolvedTriggers {
  /** In the form that is kept, the same for the same content; undefined when there is none that could run. */
  plain: Buffer | undefined;
  /** Why triggers cannot run, by name. */
  obstacles: ReadonlyMap<string, Finding>;
}

/** @param secrets by name, each that a trigger refers to */
export function resolveTriggers(
  fn: CatnapFunction,
  secrets: ReadonlyMap<string, Credentials>,
): ResolvedTriggers {
  const specs: TriggerSpec[] = [];
  const obstacles = new Map<string, Finding>();
  for (const trigger of fn.spec.triggers ?? []) {
    const { name, secretRef, batch, concurrency } = trigger;
    const credentials = secretRef ? (secrets.get(secretRef.name) ?? 'missing') : {};
    if (typeof credentials === 'string') {
      obstacles.set(name, obstacleOf(credentials, secretRef?.name ?? ''));
      continue;
    }
    const type = triggerType(trigger);
    const config = trigger[type as keyof Trigger];
    specs.push({ name, type, config, credentials, batch, concurrency });
  }
  if (specs.length === 0) return { plain: undefined, obstacles };
  const { namespace, name } = fn.metadata;
  const content: TriggerSpecs = { function: functionKey(namespace, name), triggers: specs };
  return { plain: Buffer.from(canonicalJson(content)), obstacles };
}

const ownFields: ReadonlySet<string> = new Set(['name', 'secretRef', 'batch', 'concurrency']);

/** The field that says which source it has. */
export function triggerType(trigger: Trigger): string {
  return Object.keys(trigger).find((field) => !ownFields.has(field)) ?? '';
}

/** The names of the Secrets that triggers refer to. */
export function secretNames({ spec }: CatnapFunction): Set<string> {
  return new Set((spec.triggers ?? []).flatMap(({ secretRef }) => (secretRef ? [secretRef.name] : [])));
}

function obstacleOf(problem: Exclude<Credentials, object>, secret: string): Finding {
  switch (problem) {
    case 'missing':
      return secretMissing(secret);
    case 'forbidden':
      return secretForbidden(secret);
    case 'too large':
      return credentialsTooLarge(secret);
  }
}
