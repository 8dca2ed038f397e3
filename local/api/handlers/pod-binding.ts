/** pods/binding: assigns a pod to a node. */
import { isRecord, listAt, objectKey, recordAt, stringAt, timestamp } from '../core/objects.ts';
import { badRequest, conflict } from '../core/status-error.ts';
import { decodeBody, readBody } from '../requests/body.ts';
import { readObject } from '../writes/update.ts';
import type { Handler } from './request.ts';
import { writeOptions } from './write.ts';

export const handleBinding: Handler = async (context, request) => {
  const { path, raw, resource } = request;
  const options = writeOptions(request, 'create');
  const { value } = decodeBody(await readBody(raw), raw.headers['content-type']);
  const nodeName = stringAt(value, 'target', 'name');
  if (!nodeName) throw badRequest('target.name: Required value: the node to bind to');
  const target = { namespace: path.namespace, name: path.name ?? '' };
  const pod = readObject(context, resource, target);
  const bound = stringAt(pod, 'spec', 'nodeName');
  const key = objectKey(target.namespace, target.name);
  if (pod.metadata.deletionTimestamp) {
    throw conflict(resource, key, `pod ${target.name} is being deleted, cannot be assigned to a host`);
  }
  if (bound) {
    throw conflict(resource, key, `pod ${target.name} is already assigned to node ${JSON.stringify(bound)}`);
  }
  const now = timestamp(context.now());
  const status = recordAt(pod, 'status') ?? {};
  const others = listAt(status, 'conditions').filter((it) => isRecord(it) && it.type !== 'PodScheduled');
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: now };
  const next = {
    ...pod,
    spec: { ...recordAt(pod, 'spec'), nodeName },
    status: { ...status, conditions: [...others, scheduled] },
  };
  if (!options.dryRun) context.store.put(resource.bucket, key, next);
  const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return { code: 201, body: JSON.stringify(success) };
};
