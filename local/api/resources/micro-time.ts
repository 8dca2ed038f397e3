/** MicroTime fields, which take exactly six fraction digits: `2006-01-02T15:04:05.000000Z`. */
import { type ApiObject, valueAt } from '../core/objects.ts';
import { badRequest } from '../core/status-error.ts';

const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/;
const LAYOUT = '2006-01-02T15:04:05.000000Z07:00';

const FIELDS: Readonly<Record<string, readonly string[][]>> = {
  Lease: [
    ['spec', 'acquireTime'],
    ['spec', 'renewTime'],
  ],
  Event: [['eventTime'], ['series', 'lastObservedTime']],
};

/** @throws a 400 StatusError for a time with another number of fraction digits */
export function checkMicroTimes(object: ApiObject): void {
  for (const path of FIELDS[object.kind] ?? []) {
    const value = valueAt(object, path);
    if (value === undefined || value === null || (typeof value === 'string' && MICRO_TIME.test(value)))
      continue;
    const version = object.apiVersion.split('/').at(-1);
    throw badRequest(
      `${object.kind} in version "${version}" cannot be handled as a ${object.kind}: parsing time ${JSON.stringify(value)} as "${LAYOUT}": ${path.join('.')} needs exactly six fraction digits`,
    );
  }
}
