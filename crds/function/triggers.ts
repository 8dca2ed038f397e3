/** `spec.triggers` and `status.triggers`: events from elsewhere that call a function, and how they fare. */
import Type, { type Static } from 'typebox';
import { condition } from './condition.ts';
import { integer, rule } from './schema-helpers.ts';
import { triggerSources } from './triggers/registry.ts';

const sources = Object.keys(triggerSources).sort();

const batch = Type.Object(
  {
    maxEvents: integer({
      minimum: 1,
      maximum: 1000,
      default: 1,
      description: 'Events that one call brings at most; with 1 each event is a call of its own.',
    }),
    maxWaitMilliseconds: integer({
      minimum: 0,
      maximum: 60000,
      default: 200,
      description: 'Time an incomplete batch waits for further events.',
    }),
  },
  { default: {}, description: 'How many events one call brings.' },
);

const trigger = Type.Object(
  {
    name: Type.String({
      maxLength: 63,
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
      description: 'Unique in the function.',
    }),
    secretRef: Type.Optional(
      Type.Object(
        { name: Type.String({ minLength: 1, maxLength: 253, description: 'Name of the Secret.' }) },
        { description: "A Secret in the function's namespace with the credentials that the source needs." },
      ),
    ),
    batch,
    concurrency: integer({
      minimum: 1,
      maximum: 1000,
      default: 10,
      description: 'Calls with events of this trigger that run at the same time.',
    }),
    ...triggerSources,
  },
  {
    'x-kubernetes-validations': [
      rule(
        `${sources.map((name) => `(has(self.${name}) ? 1 : 0)`).join(' + ')} == 1`,
        `a trigger has exactly one source; set one field of: ${sources.join(', ')}`,
      ),
    ],
  },
);

export const triggers = Type.Array(trigger, {
  maxItems: 32,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  description: 'Events from elsewhere that call the function.',
});

const triggerStatus = Type.Object({
  name: Type.String({ maxLength: 63, description: 'As in the spec.' }),
  type: Type.String({ maxLength: 63, description: 'Which source it has.' }),
  conditions: Type.Array(condition, {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
    description: 'Connected.',
  }),
});

export const triggersStatus = Type.Object(
  {
    digest: Type.Optional(
      Type.String({ description: 'Where gateways find what they need to run the triggers.' }),
    ),
    list: Type.Array(triggerStatus, {
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      description: 'How each trigger fares.',
    }),
  },
  { description: 'The triggers; absent when there are none.' },
);

export type Trigger = Static<typeof trigger>;
export type TriggerStatus = Static<typeof triggerStatus>;
