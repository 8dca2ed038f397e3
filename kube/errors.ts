/** What can go wrong with a call to the API server, as one typed error. */

/** The parts of a `Status` object that are worth keeping. */
export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  retryAfterSeconds?: number;
  causes?: { reason?: string; message?: string; field?: string }[];
}

/** Reasons that this client adds to those of the API server; their `status` is 0. */
export const transportReasons = {
  /** No answer in time. */
  timeout: 'ClientTimeout',
  /** No connection, or it broke. */
  connectionFailed: 'ConnectionFailed',
  /** The server sent something that is not the API's JSON, or too much of it. */
  invalidResponse: 'InvalidResponse',
  /** The credentials could not be had (exec plugin, token file, certificate files). */
  credentials: 'CredentialsFailed',
} as const;

const RETRYABLE_STATUS = new Set([408, 429, 500, 502, 503, 504]);

/**
 * A failed call to the API server. `message` is the server's sentence (or says what failed on the way),
 * never headers or a whole body, so it is safe to log and to show.
 */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** The `reason` of the Status object (NotFound, Conflict, …) or one of {@link transportReasons}. */
  readonly reason: string;
  readonly details: StatusDetails | undefined;
  /** How long the server asks to wait, if it does. */
  readonly retryAfterSeconds: number | undefined;
  /** The same call may succeed later, unchanged. A conflict is not retryable unchanged. */
  readonly retryable: boolean;

  constructor(init: {
    status: number;
    reason: string;
    message: string;
    details?: StatusDetails;
    retryAfterSeconds?: number;
    retryable?: boolean;
    cause?: unknown;
  }) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.status = init.status;
    this.reason = init.reason;
    this.details = init.details;
    this.retryAfterSeconds = init.retryAfterSeconds;
    this.retryable = init.retryable ?? (init.status === 0 || RETRYABLE_STATUS.has(init.status));
  }
}

export function isKubeError(error: unknown): error is KubeError {
  return error instanceof KubeError;
}

/** The object or the resource does not exist. */
export function isNotFound(error: unknown): error is KubeError {
  return isKubeError(error) && error.status === 404;
}

/** Somebody else changed the object since it was read, or a precondition does not hold. */
export function isConflict(error: unknown): error is KubeError {
  return isKubeError(error) && error.status === 409 && error.reason !== 'AlreadyExists';
}

export function isAlreadyExists(error: unknown): error is KubeError {
  return isKubeError(error) && error.status === 409 && error.reason === 'AlreadyExists';
}

/** The resourceVersion or the continue token is too old: list again. */
export function isGone(error: unknown): error is KubeError {
  return isKubeError(error) && (error.status === 410 || error.reason === 'Expired');
}

/** The caller may not do it, for lack of a right or by a policy or quota. */
export function isForbidden(error: unknown): error is KubeError {
  return isKubeError(error) && error.status === 403;
}

/** The object was refused by validation. */
export function isInvalid(error: unknown): error is KubeError {
  return isKubeError(error) && error.status === 422;
}

/** While a namespace is being deleted nothing can be created in it, and then it is gone. */
export function isRemovedNamespace(error: unknown): error is KubeError {
  if (!isKubeError(error)) return false;
  const isTerminating = error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating');
  return error.status === 404 || isTerminating === true;
}

/** The server does not know a resourceVersion this new: it was reset or restored from a backup. */
export function isResourceVersionTooLarge(error: unknown): error is KubeError {
  return (
    isKubeError(error) &&
    (error.details?.causes?.some((cause) => cause.reason === 'ResourceVersionTooLarge') ?? false)
  );
}

const REASON_BY_STATUS: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Turns an answer that is not a success into a {@link KubeError}.
 *
 * @param what the call, for answers without a message, such as `GET pods default/web`
 * @param body the parsed body; anything that is not a Status object is ignored
 * @param retryAfter the `Retry-After` header
 */
export function errorFromStatus(what: string, httpStatus: number, body: unknown, retryAfter?: string) {
  const status = isRecord(body) && body.kind === 'Status' ? body : {};
  const details = isRecord(status.details) ? (status.details as StatusDetails) : undefined;
  const code = typeof status.code === 'number' && status.code > 0 ? status.code : httpStatus;
  const message =
    typeof status.message === 'string' && status.message !== ''
      ? status.message.slice(0, 4096)
      : `${what}: the API server answered ${code}`;
  return new KubeError({
    status: code,
    reason:
      typeof status.reason === 'string' && status.reason !== ''
        ? status.reason
        : (REASON_BY_STATUS[code] ?? 'Unknown'),
    message,
    details,
    retryAfterSeconds: parseRetryAfter(retryAfter) ?? details?.retryAfterSeconds,
  });
}

/** Only the form in seconds, which is what API servers send; dates are ignored. */
function parseRetryAfter(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,6}$/.test(value.trim()) ? Number(value) : undefined;
}

/** A {@link KubeError} for a call that got no (usable) answer. */
export function transportError(
  reason: (typeof transportReasons)[keyof typeof transportReasons],
  message: string,
  cause?: unknown,
): KubeError {
  return new KubeError({ status: 0, reason, message, cause });
}
