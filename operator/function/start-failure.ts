/** Why Kubernetes cannot start a pod, and what helps: its own words, with the remedy they lack. Pure. */
import { clip } from '#crds/wire/termination.ts';

interface Remedy {
  when: RegExp;
  remedy: string;
}

const configRemedies: Remedy[] = [
  {
    when: /^(secret|configmap) ".*" not found|^couldn't find key /i,
    remedy: 'Create it in this namespace, correct spec.env or spec.envFrom, or make it optional there.',
  },
  {
    when: /run as root|non-numeric user|breaks non-root policy/,
    remedy: 'Functions do not run as root: build spec.image with a numeric user, such as "USER 65532".',
  },
];

const imageRemedies: Remedy[] = [
  { when: /invalid reference format|InvalidImageName/, remedy: 'Correct spec.image.' },
  {
    when: /unauthorized|authorization failed|denied|forbidden|\b40[13]\b/i,
    remedy:
      "Check the name in spec.image; for a private registry add a pull secret to imagePullSecrets of this namespace's ServiceAccount default.",
  },
  { when: /not found|manifest unknown|\b404\b/i, remedy: 'Check name and tag in spec.image.' },
  {
    when: /no such host|timeout|connection refused|no route to host|unreachable/i,
    remedy: 'Check the registry in spec.image, and that nodes can reach it.',
  },
  { when: /x509|certificate/i, remedy: "Have the nodes' container runtime trust the registry." },
];

const refusalRemedies: Remedy[] = [
  {
    when: /exceeded quota/,
    remedy: 'Raise that ResourceQuota, free some of it, or lower spec.resources or scaling.maxReplicas.',
  },
  { when: /failed quota|must specify/, remedy: 'A ResourceQuota demands it: set it in spec.resources.' },
  {
    when: /(maximum|minimum) \S+ usage per|limit to request ratio/,
    remedy: 'A LimitRange of this namespace says so: set spec.resources within it.',
  },
  {
    when: /violates PodSecurity/,
    remedy:
      'Function pods keep to the restricted profile, so something adds to them or the namespace enforces more.',
  },
  { when: /admission webhook|ValidatingAdmissionPolicy/, remedy: 'A policy of this cluster says so.' },
];

/** What a container waits for, when that is a failure. */
export function waitingText(reason: string, message: string | undefined): string {
  return withRemedy(message ? `${reason}: ${message}` : reason, message ?? '', configRemedies);
}

/** @param message the kubelet's; while it backs off, the cause follows the announcement of that */
export function imageText(reason: string, message: string | undefined, image: string): string {
  const cause = message?.replace(/^Back-off pulling image "[^"]*": /, '') ?? image;
  const text = cause.startsWith('ErrImagePull: ') ? cause : `${reason}: ${cause}`;
  return withRemedy(text, text, imageRemedies);
}

/** What the API server says as it refuses a pod to the ReplicaSet, or an object to the operator. */
export function refusalText(message: string): string {
  // The name is another one at each try.
  const cause = message.replace(/^pods "[^"]*" is forbidden: /, '');
  return withRemedy(cause, cause, refusalRemedies);
}

/** A new namespace gets its ServiceAccount a moment after it gets its first objects. */
export function isPassingRefusal(message: string): boolean {
  return /serviceaccount "[^"]*" not found/.test(message);
}

/** @param message the scheduler's: nodes counted by reason, then what preemption could do */
export function unschedulableText(message: string): string {
  return message.replace(/\.? *(no new claims to deallocate, )?preemption: .*$/s, '.');
}

function withRemedy(text: string, cause: string, remedies: readonly Remedy[]): string {
  const remedy = remedies.find(({ when }) => when.test(cause))?.remedy;
  return remedy ? `${clip(text).replace(/\.?\s*$/, '.')} ${remedy}` : clip(text);
}
