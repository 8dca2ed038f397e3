/** Defaults of Deployments and ReplicaSets. */
import { isObject, type JsonObject } from '../../json.ts';
import { ensureObject, isSet, setDefault } from '../access.ts';
import { defaultPodSpec } from './pod.ts';

/** Fills in a Deployment. */
export function defaultDeployment(deployment: JsonObject): void {
  const spec = ensureObject(deployment, 'spec');
  setDefault(spec, 'replicas', 1);
  const strategy = ensureObject(spec, 'strategy');
  if (!isSet(strategy, 'type')) strategy.type = 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rolling = ensureObject(strategy, 'rollingUpdate');
    setDefault(rolling, 'maxUnavailable', '25%');
    setDefault(rolling, 'maxSurge', '25%');
  }
  setDefault(spec, 'revisionHistoryLimit', 10);
  setDefault(spec, 'progressDeadlineSeconds', 600);
  defaultTemplate(spec);
}

/** Fills in a ReplicaSet. */
export function defaultReplicaSet(replicaSet: JsonObject): void {
  const spec = ensureObject(replicaSet, 'spec');
  setDefault(spec, 'replicas', 1);
  defaultTemplate(spec);
}

function defaultTemplate(spec: JsonObject): void {
  const template = ensureObject(spec, 'template');
  if (!isObject(template.metadata)) template.metadata = {};
  defaultPodSpec(ensureObject(template, 'spec'));
}
