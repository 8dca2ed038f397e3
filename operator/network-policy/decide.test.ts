import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import { expect, it } from 'vitest';
import { fieldManagers } from '#crds/wire/names.ts';
import { decidePolicy, type PolicySituation } from './decide.ts';
import { functionsPolicy } from './policy.ts';

const desired = functionsPolicy('shop', 'catnap-system');
const withMetadata = (metadata: NetworkPolicy['metadata']): NetworkPolicy => ({ ...desired, metadata });
const unlabelled = { ...desired.metadata, labels: {} };
const foreign = withMetadata(unlabelled);
const relabelled = withMetadata({
  ...unlabelled,
  managedFields: [{ manager: fieldManagers.networkPolicy }],
});
const leaving = withMetadata({ ...desired.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' });
const opened: NetworkPolicy = { ...desired, spec: { podSelector: {}, ingress: [{}] } };
const widened: NetworkPolicy = {
  ...desired,
  spec: { podSelector: {}, ...desired.spec, ingress: [...(desired.spec?.ingress ?? []), {}] },
};

const base: PolicySituation = { enabled: true, hasFunctions: true, hasPods: true, desired, live: desired };
const empty = { hasFunctions: false, hasPods: false };

it.each<[string, Partial<PolicySituation>, string]>([
  ['functions and the policy', {}, 'none'],
  ['functions and no policy', { live: undefined }, 'apply'],
  ['a function without pods yet', { live: undefined, hasPods: false }, 'apply'],
  ['a policy that was changed', { live: opened }, 'apply'],
  ['a policy with a rule more', { live: widened }, 'apply'],
  ['a policy of ours without its label', { live: relabelled }, 'apply'],
  ['a policy that is being deleted', { live: leaving }, 'none'],
  ['pods that outlive their functions', { hasFunctions: false }, 'none'],
  ['such pods and a changed policy', { hasFunctions: false, live: opened }, 'apply'],
  ['such pods without a policy', { hasFunctions: false, live: undefined }, 'none'],
  ['neither functions nor pods', empty, 'delete'],
  ['nothing at all', { ...empty, live: undefined }, 'none'],
  ['a policy of somebody else', { live: foreign }, 'leave to its owner'],
  ['a policy of somebody else and no functions', { ...empty, live: foreign }, 'none'],
  ['isolation switched off', { enabled: false }, 'delete'],
  ['isolation switched off, without a policy', { enabled: false, live: undefined }, 'none'],
  ['isolation switched off, a policy of somebody else', { enabled: false, live: foreign }, 'none'],
])('with %s', (_, situation, decision) => {
  expect(decidePolicy({ ...base, ...situation })).toBe(decision);
});
