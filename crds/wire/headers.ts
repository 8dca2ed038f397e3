/**
 * HTTP headers between gateway, function pods and callers. Every `x-catnap-*` header that a caller or a
 * function sends is removed by the gateway, so only the platform can set them; some it heeds
 * before.
 */
export const headers = {
  requestId: 'x-request-id',
  forwardedPrefix: 'x-forwarded-prefix',
  /** Pod → gateway, with 503: the call was not started, for this reason; it may be sent elsewhere. */
  rejected: 'x-catnap-rejected',
  /** Pod → gateway: how many calls the pod runs for all gateways, this one included. */
  running: 'x-catnap-running',
  /** Pod → gateway: the response is the runtime's, not the function's; the value is a {@link Reason}. */
  error: 'x-catnap-error',
  /** Gateway → pod, asynchronous calls: the id under which the caller finds the result. */
  invocationId: 'x-catnap-invocation-id',
  /** Gateway → pod, asynchronous calls: 1 for the first delivery. */
  attempt: 'x-catnap-attempt',
  /** Gateway → isolate: `namespace/name` of the function that is called. An isolate answers to no other. */
  function: 'x-catnap-function',
  /** Caller → gateway, asynchronous calls: seconds by which to put the call off. */
  delay: 'x-catnap-delay',
  /** Caller → gateway, asynchronous calls: the time to put the call off to, RFC 3339. */
  at: 'x-catnap-at',
  /** Caller → gateway, asynchronous calls: the URL to tell how the call ended. */
  callback: 'x-catnap-callback',
} as const;

export const PLATFORM_HEADER_PREFIX = 'x-catnap-';

export const rejections = {
  /** As many calls as `scaling.concurrency` allows are running in this pod. */
  concurrency: 'concurrency',
  /** The pod is shutting down. */
  draining: 'draining',
  /** The call is for another function, which listened there before. */
  misdirected: 'misdirected',
} as const;
