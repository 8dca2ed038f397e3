/** What the cluster lets an account do, in the form in which the chart's tests say what it should. */
import type { SelfSubjectRulesReview } from 'kubernetes-types/authorization/v1.js';
import type { PolicyRule } from 'kubernetes-types/rbac/v1.js';
import type { Access } from '#charts/testing/expected-access.ts';
import type { Kubectl } from '#test/harness/kubectl.ts';

/** An account that no role is bound to: what it may do, every account may. */
const NOBODY = { namespace: 'default', name: 'catnap-test-nobody' };

interface Account {
  namespace: string;
  name: string;
}

/**
 * The rights of a service account in a namespace beyond what every account has, by the API server's own account
 * (SelfSubjectRulesReview, which is what `kubectl auth can-i --list` asks).
 *
 * @param where how to call rights that were found there: a review does not tell cluster-wide ones apart
 */
export async function effectiveAccess(
  kubectl: Kubectl,
  account: Account,
  namespace: string,
  where: Access['where'],
): Promise<Access[]> {
  const common = new Set((await review(kubectl, NOBODY, namespace)).map(textOf));
  const rules = (await review(kubectl, account, namespace)).filter((rule) => !common.has(textOf(rule)));
  return rules.flatMap(({ apiGroups = [], resources = [], resourceNames = [], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        (resourceNames.length > 0 ? resourceNames : [undefined]).map((name) => ({
          where,
          group,
          resource,
          ...(name !== undefined && { name }),
          verbs: verbs.join(' '),
        })),
      ),
    ),
  );
}

const textOf = (rule: PolicyRule) => JSON.stringify(rule);

async function review(kubectl: Kubectl, account: Account, namespace: string): Promise<PolicyRule[]> {
  const question: SelfSubjectRulesReview = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    spec: { namespace },
  };
  const user = `--as=system:serviceaccount:${account.namespace}:${account.name}`;
  const output = await kubectl(['create', user, '--validate=false', '-f', '-', '-o', 'json'], {
    stdin: JSON.stringify(question),
  });
  const { status }: SelfSubjectRulesReview = JSON.parse(output);
  if (!status || status.incomplete) throw new Error(`incomplete: ${status?.evaluationError}`);
  // The package of types has them without verbs and resources.
  return status.resourceRules as PolicyRule[];
}
