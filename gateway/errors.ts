/**
 * Everything that the gateway itself answers with an error: one catalogue for problem types, metric
 * labels and docs/problems.md.
 */

export interface Problem {
  /** The word of the vocabulary; its kebab-case is the problem type. */
  readonly code: string;
  readonly status: number;
  readonly title: string;
  /** Seconds after which the same call may succeed; absent when repeating does not help. */
  readonly retryAfterSeconds?: number;
}

const catalogue = {
  BadRequest: { status: 400, title: 'The request is not valid' },
  InvalidEvent: { status: 400, title: 'The request is not a valid CloudEvent' },
  Unauthorized: { status: 401, title: 'The call is not authorized' },
  RouteNotFound: { status: 404, title: 'No such route' },
  FunctionNotFound: { status: 404, title: 'No such function' },
  TriggerNotFound: { status: 404, title: 'No such trigger' },
  InvocationNotFound: { status: 404, title: 'No such invocation' },
  MethodNotAllowed: { status: 405, title: 'The method is not allowed here' },
  RequestTimeout: { status: 408, title: 'The request did not arrive in time' },
  InvocationFinished: { status: 409, title: 'The invocation has ended' },
  InvocationUnfinished: { status: 409, title: 'The invocation has no response yet', retryAfterSeconds: 1 },
  PayloadTooLarge: { status: 413, title: 'The request body is too large' },
  IdempotencyConflict: { status: 422, title: 'The idempotency key was used for another request' },
  BacklogFull: {
    status: 429,
    title: 'Too many asynchronous calls of the function are unfinished',
    retryAfterSeconds: 10,
  },
  HeadersTooLarge: { status: 431, title: 'The request headers are too large' },
  PodFailed: { status: 502, title: 'The function stopped while it ran the call' },
  LoadFailed: { status: 502, title: 'The code of the function does not load' },
  StartFailed: { status: 503, title: 'The function does not start', retryAfterSeconds: 10 },
  ImagePullFailed: {
    status: 503,
    title: 'The image of the function cannot be pulled',
    retryAfterSeconds: 10,
  },
  SourceMissing: { status: 503, title: 'The source of the function is missing', retryAfterSeconds: 10 },
  GatewayStarting: {
    status: 503,
    title: 'The gateway does not know the functions yet',
    retryAfterSeconds: 1,
  },
  QueueFull: { status: 503, title: 'Too many calls wait for the function', retryAfterSeconds: 1 },
  PodsBusy: { status: 503, title: 'Every pod of the function is busy', retryAfterSeconds: 1 },
  AsyncUnavailable: { status: 503, title: 'Asynchronous calls are not possible now', retryAfterSeconds: 5 },
  HookUnavailable: { status: 503, title: 'The events cannot be taken now', retryAfterSeconds: 5 },
  QueueTimeout: { status: 504, title: 'No pod became free in time', retryAfterSeconds: 1 },
  DeliveryExpired: { status: 504, title: 'The call was not delivered before it was too old' },
  CallTimeout: { status: 504, title: 'The function did not answer in time' },
} as const satisfies Record<string, Omit<Problem, 'code'>>;

/** How a call ended whose caller went away: no problem document, and no error of the function. */
export const CLIENT_GONE = 'ClientGone';

export type ProblemCode = keyof typeof catalogue;

/** The catalogue by code. */
export const problems = Object.fromEntries(
  Object.entries(catalogue).map(([code, entry]) => [code, Object.freeze({ code, ...entry })]),
) as Readonly<Record<ProblemCode, Problem>>;

/** One occurrence of a problem. Not an Error: it is made under overload, where stack traces cost too much. */
export interface Failure {
  readonly problem: Problem;
  /** What went wrong this time and what helps, for the caller to read. */
  readonly detail: string;
  /** Further headers that go with the answer, name after value after name. */
  readonly headers?: readonly string[];
}

/** Makes a {@link Failure}. */
export function failure(code: ProblemCode, detail: string, headers?: readonly string[]): Failure {
  return { problem: problems[code], detail, headers };
}

/** The catalogue entry for a condition reason of a Function, if calls can fail with it. */
export function problemForReason(reason: string): Problem | undefined {
  return Object.hasOwn(problems, reason) ? problems[reason as ProblemCode] : undefined;
}
