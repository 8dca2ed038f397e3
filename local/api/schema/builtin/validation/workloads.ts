/** Validation of Deployments and ReplicaSets. */
import { forbidden, invalid, notSupported, required } from '../../errors.ts';
import { deepEqual, isObject, type JsonObject, type JsonValue } from '../../json.ts';
import type { FieldError } from '../../types.ts';
import { numberAt, objectAt, textAt } from '../access.ts';
import { hasKnownOperators, isEmptySelector, nonNegative, selectorErrors, selects } from './common.ts';
import { templateErrors } from './pod.ts';

/** The errors of a Deployment. */
export function deploymentErrors(deployment: JsonObject, old?: JsonObject): FieldError[] {
  const spec = objectAt(deployment, 'spec');
  return [
    ...nonNegative(spec, ['replicas'], 'spec'),
    ...selectionErrors(spec),
    ...strategyErrors(spec),
    ...nonNegative(spec, ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'], 'spec'),
    ...deadlineErrors(spec),
    ...selectorChangeErrors(spec, old),
  ];
}

/** The errors of a ReplicaSet. */
export function replicaSetErrors(replicaSet: JsonObject, old?: JsonObject): FieldError[] {
  const spec = objectAt(replicaSet, 'spec');
  return [
    ...nonNegative(spec, ['replicas', 'minReadySeconds'], 'spec'),
    ...selectionErrors(spec),
    ...selectorChangeErrors(spec, old),
  ];
}

function selectionErrors(spec: JsonObject): FieldError[] {
  const { selector } = spec;
  const template = objectAt(spec, 'template');
  const errors: FieldError[] = [];
  if (!isObject(selector)) errors.push(required('spec.selector'));
  else {
    errors.push(...selectorErrors(selector, 'spec.selector'));
    if (isEmptySelector(selector)) {
      errors.push(invalid('spec.selector', selector, 'empty selector is invalid for deployment'));
    }
  }
  const labels = objectAt(objectAt(template, 'metadata'), 'labels');
  if (isObject(selector) && !hasKnownOperators(selector)) {
    return [...errors, invalid('spec.selector', selector, 'invalid label selector')];
  }
  // An absent selector selects nothing.
  if (!isObject(selector) || !selects(selector, labels)) {
    const detail = '`selector` does not match template `labels`';
    errors.push(invalid('spec.template.metadata.labels', labelsOf(template), detail));
  }
  return [...errors, ...templateErrors(template, 'spec.template'), ...longRunningErrors(template)];
}

function labelsOf(template: JsonObject): JsonValue {
  return objectAt(template, 'metadata').labels ?? null;
}

function longRunningErrors(template: JsonObject): FieldError[] {
  const spec = objectAt(template, 'spec');
  const policy = textAt(spec, 'restartPolicy');
  const errors: FieldError[] = [];
  if (policy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', policy, ['Always']));
  }
  if (spec.activeDeadlineSeconds !== undefined) {
    const detail = 'activeDeadlineSeconds in ReplicaSet is not Supported';
    errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', detail));
  }
  return errors;
}

function strategyErrors(spec: JsonObject): FieldError[] {
  const strategy = objectAt(spec, 'strategy');
  const path = 'spec.strategy';
  if (strategy.type === 'Recreate') {
    if (strategy.rollingUpdate === undefined) return [];
    return [forbidden(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (strategy.type !== 'RollingUpdate') return [notSupported(path, strategy, ['Recreate', 'RollingUpdate'])];
  return rollingErrors(objectAt(strategy, 'rollingUpdate'), `${path}.rollingUpdate`);
}

function rollingErrors(rolling: JsonObject, path: string): FieldError[] {
  const unavailable = rolling.maxUnavailable ?? 0;
  const surge = rolling.maxSurge ?? 0;
  const errors = [
    ...amountErrors(unavailable, `${path}.maxUnavailable`),
    ...amountErrors(surge, `${path}.maxSurge`),
  ];
  if (amount(unavailable) === 0 && amount(surge) === 0) {
    errors.push(invalid(`${path}.maxUnavailable`, unavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  if (typeof unavailable === 'string' && amount(unavailable) > 100) {
    errors.push(invalid(`${path}.maxUnavailable`, unavailable, 'must not be greater than 100%'));
  }
  return errors;
}

/** Errors of a number or percentage of pods. */
export function amountErrors(value: JsonValue, field: string): FieldError[] {
  if (typeof value === 'number') {
    return value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : [];
  }
  if (typeof value === 'string' && /^[0-9]+%$/.test(value)) return [];
  const detail =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  return [invalid(field, value, detail)];
}

function amount(value: JsonValue): number {
  return typeof value === 'number' ? value : Number.parseInt(String(value), 10);
}

function deadlineErrors(spec: JsonObject): FieldError[] {
  const deadline = numberAt(spec, 'progressDeadlineSeconds');
  if (deadline === undefined || deadline > (numberAt(spec, 'minReadySeconds') ?? 0)) return [];
  return [invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')];
}

/** What a controller manages by its selector would be lost if that changed. */
function selectorChangeErrors(spec: JsonObject, old: JsonObject | undefined): FieldError[] {
  if (old === undefined) return [];
  const { selector } = spec;
  if (deepEqual(selector, objectAt(old, 'spec').selector)) return [];
  return [invalid('spec.selector', selector ?? null, 'field is immutable')];
}
