/**
 * Events from Kubernetes itself: objects of a kind that appear, change and go, as seen by a ServiceAccount of
 * the function's owner. The gateway knows where the API server is, and lends none of its rights.
 */
import type { TriggerSetup, TriggerSource } from '#gateway/triggers/source.ts';
import { createKubeClient } from '#kube/client.ts';
import { type KubeConfig, loadKubeConfig } from '#kube/kube-config.ts';
import { accountConfig } from './kubernetes/account.ts';
import { explained } from './kubernetes/explain.ts';
import { followObjects, type KubernetesConfig } from './kubernetes/follow.ts';
import { createKnowledge } from './kubernetes/knowledge.ts';

/** @param kubeConfig where the API server is; the user it names is never used */
export function createKubernetesSource(
  setup: TriggerSetup<KubernetesConfig>,
  kubeConfig: () => KubeConfig = loadKubeConfig,
): TriggerSource {
  const known = createKnowledge();
  return {
    async run(context) {
      try {
        const account = accountConfig(kubeConfig(), setup.credentials);
        const client = createKubeClient({ component: 'gateway', kubeConfig: account });
        try {
          await followObjects({ client, setup, context, known });
        } finally {
          await client.close();
        }
      } catch (error) {
        if (!context.signal.aborted) throw explained(error, setup.config);
      }
    },
  };
}
