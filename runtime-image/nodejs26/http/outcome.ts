import { currentCall, log } from '../log.ts';
import { RequestError } from './body.ts';
import type { Call } from './call.ts';
import { sendProblem } from './problem.ts';

/** Answers for a handler that threw, or cuts off an answer that had begun. */
export function failCall(call: Call, error: unknown): void {
  // A handler that stops because it was told to has nothing to report.
  if (call.aborted && error === call.signal.reason) return;
  if (error instanceof RequestError)
    return void answer(call, () => sendProblem(call, error.reason, error.message));
  log('error', 'the handler failed', { requestId: call.requestId, error: describeError(error) });
  const detail = `The function threw an error; its log has it under ${call.requestId}.`;
  answer(call, () => sendProblem(call, 'HandlerError', detail));
}

/** Gives the caller 504 and tells the handler to stop. The call keeps its place until the handler settles. */
export function timeOutCall(call: Call, timeoutMs: number): void {
  call.timedOut = true;
  const detail = `The function did not answer within ${timeoutMs / 1000} s.`;
  currentCall.run(call, log, 'warn', 'the call took longer than timeoutSeconds', {});
  answer(call, () => sendProblem(call, 'CallTimeout', detail));
  call.abort(new DOMException(detail, 'TimeoutError'));
}

/** To run when the response's connection is done with it, completely sent or not. */
export function closeCall(call: Call): void {
  if (call.response.writableFinished) return;
  call.answered = true;
  call.abort(new DOMException('The caller went away.', 'AbortError'));
}

function answer(call: Call, send: () => void): void {
  const { response } = call;
  if (response.headersSent || response.destroyed) {
    // The caller must notice that the answer is incomplete.
    if (!response.writableEnded) response.destroy();
  } else if (!call.answered) {
    call.answered = true;
    send();
  }
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${typeof error}: ${String(error)}`;
  const cause = error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : '';
  return (error.stack ?? String(error)) + cause;
}
