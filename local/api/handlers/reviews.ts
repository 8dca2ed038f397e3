/** Reviews of who the caller is and what it may do: there is one user, who may do everything. */
import type { IncomingMessage } from 'node:http';
import { isRecord } from '../core/objects.ts';
import { badRequest, methodNotAllowed } from '../core/status-error.ts';
import { decodeBody, readBody } from '../requests/body.ts';

export interface Review {
  group: string;
  plural: string;
  kind: string;
  status(): object;
}

const EVERYTHING = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

export const REVIEWS: readonly Review[] = [
  {
    group: 'authentication.k8s.io',
    plural: 'selfsubjectreviews',
    kind: 'SelfSubjectReview',
    status: () => ({
      userInfo: { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
    }),
  },
  {
    group: 'authorization.k8s.io',
    plural: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
    status: () => ({ allowed: true }),
  },
  {
    group: 'authorization.k8s.io',
    plural: 'selfsubjectrulesreviews',
    kind: 'SelfSubjectRulesReview',
    status: () => ({
      incomplete: false,
      resourceRules: EVERYTHING.filter((it) => it.resources),
      nonResourceRules: EVERYTHING.filter((it) => it.nonResourceURLs),
    }),
  },
];

export function findReview(group: string, version: string, plural: string): Review | undefined {
  return version === 'v1' ? REVIEWS.find((it) => it.group === group && it.plural === plural) : undefined;
}

/** Answers a review, which is never stored. @throws StatusError */
export async function answerReview(
  review: Review,
  request: IncomingMessage,
): Promise<{ code: number; body: string }> {
  if (request.method !== 'POST') throw methodNotAllowed();
  const { value } = decodeBody(await readBody(request), request.headers['content-type']);
  if (!isRecord(value)) throw badRequest(`the body must be a ${review.kind}`);
  const answer = {
    ...value,
    apiVersion: `${review.group}/v1`,
    kind: review.kind,
    metadata: value.metadata ?? {},
    status: review.status(),
  };
  return { code: 201, body: JSON.stringify(answer) };
}
