/** Which volume a claim gets; decided without looking at the cluster. */
import { join } from 'node:path';
import type { PersistentVolume, PersistentVolumeClaim } from 'kubernetes-types/core/v1.js';

export const STORAGE_CLASS = 'local';
export const PROVISIONER = 'catnap.dev/local';

const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';

/** The node whose directory the claim needs; undefined when it is not ours or waits for nothing. */
export function nodeForClaim(claim: PersistentVolumeClaim): string | undefined {
  const wanted =
    claim.spec?.storageClassName === STORAGE_CLASS && !claim.spec.volumeName && !claim.spec.selector;
  if (!wanted || claim.metadata?.deletionTimestamp || claim.spec?.volumeMode === 'Block') return undefined;
  return claim.metadata?.annotations?.[SELECTED_NODE];
}

/** Named after the claim's uid, as by all provisioners: asking twice gives one volume. */
export const volumeName = (claim: PersistentVolumeClaim) => `pvc-${claim.metadata?.uid}`;

/** A directory below the one for all volumes of the node. */
export function volumePath(root: string, node: string, name: string): string {
  return join(root, node, name);
}

/**
 * A `local` volume rather than a `hostPath` one: for those the kubelet gives the files to the pod's
 * fsGroup, and the scheduler keeps the pod on the node that has them.
 */
export function volumeFor(claim: PersistentVolumeClaim, node: string, root: string): PersistentVolume {
  const name = volumeName(claim);
  const { namespace, name: claimName, uid } = claim.metadata ?? {};
  return {
    metadata: { name, annotations: { [PROVISIONED_BY]: PROVISIONER } },
    spec: {
      storageClassName: STORAGE_CLASS,
      capacity: { storage: claim.spec?.resources?.requests?.storage ?? '0' },
      accessModes: claim.spec?.accessModes,
      volumeMode: 'Filesystem',
      persistentVolumeReclaimPolicy: 'Delete',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claimName, uid },
      local: { path: volumePath(root, node, name) },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] },
          ],
        },
      },
    },
  };
}

/** Whether a volume is ours to delete, with its files: nobody claims it any more. */
export function isReleased(volume: PersistentVolume): boolean {
  return (
    volume.metadata?.annotations?.[PROVISIONED_BY] === PROVISIONER &&
    volume.spec?.persistentVolumeReclaimPolicy === 'Delete' &&
    volume.status?.phase === 'Released'
  );
}
