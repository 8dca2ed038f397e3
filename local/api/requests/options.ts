/** Query parameters of reads and writes, checked as the real server checks them. */
import type { FieldError } from '../core/field-errors.ts';
import { badRequest, invalid } from '../core/status-error.ts';

export interface ListOptions {
  labelSelector: string | null;
  fieldSelector: string | null;
  limit: number;
  continueToken: string;
  resourceVersion: string;
  resourceVersionMatch: string;
  watch: boolean;
  allowWatchBookmarks: boolean;
  sendInitialEvents: boolean | undefined;
  timeoutSeconds: number | undefined;
}

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export interface WriteOptions {
  dryRun: boolean;
  fieldValidation: FieldValidation;
  fieldManager: string;
  force: boolean;
}

/** @throws StatusError 400/422 */
export function parseListOptions(query: URLSearchParams): ListOptions {
  const options: ListOptions = {
    labelSelector: query.get('labelSelector'),
    fieldSelector: query.get('fieldSelector'),
    limit: integer(query, 'limit') ?? 0,
    continueToken: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    watch: flag(query, 'watch') ?? false,
    allowWatchBookmarks: flag(query, 'allowWatchBookmarks') ?? false,
    sendInitialEvents: flag(query, 'sendInitialEvents'),
    timeoutSeconds: integer(query, 'timeoutSeconds'),
  };
  const errors = listOptionErrors(options);
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  return options;
}

const forbid = (field: string, message: string): FieldError => ({ type: 'Forbidden', field, message });

function listOptionErrors(options: ListOptions): FieldError[] {
  return options.watch ? watchOptionErrors(options) : plainListErrors(options);
}

function watchOptionErrors({
  sendInitialEvents,
  resourceVersionMatch,
  ...options
}: ListOptions): FieldError[] {
  if (sendInitialEvents === undefined) {
    if (!resourceVersionMatch) return [];
    return [
      forbid(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    ];
  }
  const errors: FieldError[] = [];
  if (resourceVersionMatch !== 'NotOlderThan') {
    errors.push(
      forbid(
        'resourceVersionMatch',
        'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      ),
    );
  }
  if (options.continueToken) {
    errors.push(forbid('continue', 'sendInitialEvents is forbidden together with continue'));
  }
  return errors;
}

function plainListErrors(options: ListOptions): FieldError[] {
  const { sendInitialEvents, resourceVersionMatch, resourceVersion, continueToken } = options;
  if (sendInitialEvents !== undefined) {
    return [forbid('sendInitialEvents', 'sendInitialEvents is forbidden for list')];
  }
  if (!resourceVersionMatch) return [];
  const errors: FieldError[] = [];
  if (!resourceVersion) {
    errors.push(
      forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'),
    );
  }
  if (continueToken) {
    errors.push(
      forbid('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'),
    );
  }
  if (resourceVersionMatch !== 'Exact' && resourceVersionMatch !== 'NotOlderThan') {
    errors.push({
      type: 'NotSupported',
      field: 'resourceVersionMatch',
      value: resourceVersionMatch,
      message: 'supported values: "Exact", "NotOlderThan"',
    });
  } else if (resourceVersionMatch === 'Exact' && resourceVersion === '0') {
    errors.push(
      forbid('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
    );
  }
  return errors;
}

export type WriteVerb = 'create' | 'update' | 'patch' | 'apply';

const OPTION_KINDS: Record<WriteVerb, string> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
  apply: 'PatchOptions',
};
const MAX_MANAGER_LENGTH = 128;

/** @throws StatusError 422 */
export function parseWriteOptions(query: URLSearchParams, verb: WriteVerb, userAgent: string): WriteOptions {
  const manager = query.get('fieldManager') ?? '';
  const force = flag(query, 'force');
  const validation = query.get('fieldValidation') ?? '';
  const dryRun = query.getAll('dryRun');
  const errors = [
    ...dryRunErrors(dryRun),
    ...managerErrors(manager, verb),
    ...(force !== undefined && verb !== 'apply'
      ? [forbid('force', 'may not be specified for non-apply patch')]
      : []),
    ...validationErrors(validation),
  ];
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: OPTION_KINDS[verb] }, '', errors);
  return {
    dryRun: dryRun.length > 0,
    fieldValidation: (validation || 'Warn') as FieldValidation,
    fieldManager: manager || managerFromUserAgent(userAgent),
    force: force ?? false,
  };
}

export function dryRunErrors(values: readonly string[]): FieldError[] {
  if (values.every((value) => value === 'All')) return [];
  return [{ type: 'NotSupported', field: 'dryRun', value: values, message: 'supported values: "All"' }];
}

function managerErrors(manager: string, verb: WriteVerb): FieldError[] {
  if (verb === 'apply' && !manager) {
    return [{ type: 'Required', field: 'fieldManager', message: 'is required for apply patch' }];
  }
  if (manager.length <= MAX_MANAGER_LENGTH) return [];
  return [
    { type: 'TooLong', field: 'fieldManager', message: `may not be more than ${MAX_MANAGER_LENGTH} bytes` },
  ];
}

function validationErrors(value: string): FieldError[] {
  if (['', 'Ignore', 'Warn', 'Strict'].includes(value)) return [];
  const message = 'supported values: "Ignore", "Strict", "Warn"';
  return [{ type: 'NotSupported', field: 'fieldValidation', value, message }];
}

function managerFromUserAgent(userAgent: string): string {
  return (userAgent.split('/')[0] || 'unknown').slice(0, MAX_MANAGER_LENGTH);
}

function flag(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  return !['', 'false', '0', 'f', 'F', 'FALSE', 'False'].includes(value);
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^\d{1,15}$/.test(value)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  return Number(value);
}

/** @throws StatusError 400 */
export function parseRevision(text: string): number {
  if (!/^\d{1,16}$/.test(text))
    throw badRequest(`Invalid value: ${JSON.stringify(text)}: invalid resource version`);
  return Number(text);
}
