/** Validation of probes and lifecycle hooks. */
import { forbidden, invalid, required } from '../../errors.ts';
import { isObject, type JsonObject } from '../../json.ts';
import type { FieldError } from '../../types.ts';
import { isSet, objectAt, textAt } from '../access.ts';
import { nonNegative, oneOf, portNumber, portReference } from './common.ts';

const ACTIONS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'];

/** The errors of a probe. Only readiness may demand several successes. */
export function probeErrors(probe: JsonObject, path: string, kind: string): FieldError[] {
  const numbers = [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ];
  const errors = [...actionErrors(probe, path), ...nonNegative(probe, numbers, path)];
  const grace = probe.terminationGracePeriodSeconds;
  if (typeof grace === 'number' && kind === 'readinessProbe') {
    errors.push(
      invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'),
    );
  } else if (typeof grace === 'number' && grace <= 0) {
    errors.push(invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  }
  if (kind !== 'readinessProbe' && probe.successThreshold !== 1) {
    errors.push(invalid(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'));
  }
  return errors;
}

/** The errors of what a probe or hook does: exactly one action, well-formed. */
export function actionErrors(handler: JsonObject, path: string): FieldError[] {
  const used = ACTIONS.filter((action) => isObject(handler[action]));
  if (used.length === 0) return [required(path, 'must specify a handler type')];
  return used.flatMap((action, index) => {
    const at = `${path}.${action}`;
    if (index > 0) return [forbidden(at, 'may not specify more than 1 handler type')];
    return oneActionErrors(action, objectAt(handler, action), at);
  });
}

function oneActionErrors(kind: string, action: JsonObject, path: string): FieldError[] {
  switch (kind) {
    case 'exec': {
      const command = Array.isArray(action.command) ? action.command : [];
      return command.length === 0 ? [required(`${path}.command`)] : [];
    }
    case 'httpGet':
      return httpGetErrors(action, path);
    case 'tcpSocket':
      return portReference(action.port, `${path}.port`);
    case 'grpc':
      return portNumber(action, 'port', path);
    default:
      return nonNegative(action, ['seconds'], path);
  }
}

function httpGetErrors(action: JsonObject, path: string): FieldError[] {
  const errors = isSet(action, 'path') ? [] : [required(`${path}.path`)];
  const scheme = textAt(action, 'scheme');
  return [
    ...errors,
    ...portReference(action.port, `${path}.port`),
    ...oneOf({ scheme }, 'scheme', path, ['HTTP', 'HTTPS']),
  ];
}
