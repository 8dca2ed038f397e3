/** One attempt of a probe or an HTTP hook. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Container, HTTPGetAction, Probe } from 'kubernetes-types/core/v1.js';
import type { ExecResult } from '../runtime/runtime.ts';

export interface CheckResult {
  ok: boolean;
  /** Why not. */
  message: string;
}

export interface CheckTarget {
  container: Container;
  podIp: string;
  exec(argv: string[], timeoutMs: number): Promise<ExecResult>;
}

const OK: CheckResult = { ok: true, message: '' };

/** Never rejects. */
export async function checkProbe(probe: Probe, target: CheckTarget, timeoutMs: number): Promise<CheckResult> {
  try {
    if (probe.tcpSocket) {
      const { host, port } = probe.tcpSocket;
      return await checkTcp(host || target.podIp, portNumber(port, target.container), timeoutMs);
    }
    if (probe.httpGet) return await httpGet(probe.httpGet, target, timeoutMs);
    if (probe.exec) return await checkExec(probe.exec.command ?? [], target, timeoutMs);
    return { ok: false, message: 'this kind of probe is not supported by this node' };
  } catch (error) {
    return { ok: false, message: (error as Error).message };
  }
}

/** A port by number or by the name it has in the container's `ports`. */
export function portNumber(port: number | string, container: Container): number {
  const known = typeof port === 'string' ? container.ports?.find(({ name }) => name === port) : undefined;
  const number = known?.containerPort ?? Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65535) {
    throw new Error(`port ${JSON.stringify(port)} is neither a number nor the name of a container port`);
  }
  return number;
}

function checkTcp(host: string, port: number, timeoutMs: number): Promise<CheckResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const finish = (result: CheckResult) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => finish(OK));
    socket.once('timeout', () => finish({ ok: false, message: `dial tcp ${host}:${port}: i/o timeout` }));
    socket.once('error', (error) =>
      finish({ ok: false, message: `dial tcp ${host}:${port}: ${error.message}` }),
    );
  });
}

/** Any answer from 200 to 399 is a success; the body is not read. */
export function httpGet(action: HTTPGetAction, target: CheckTarget, timeoutMs: number): Promise<CheckResult> {
  const port = portNumber(action.port, target.container);
  const secure = action.scheme === 'HTTPS';
  const options = {
    host: action.host || target.podIp,
    port,
    path: action.path || '/',
    agent: false as const,
    timeout: timeoutMs,
    headers: {
      'user-agent': 'kube-probe/1.35',
      accept: '*/*',
      connection: 'close',
      ...Object.fromEntries((action.httpHeaders ?? []).map(({ name, value }) => [name, value])),
    },
  };
  return new Promise((resolve) => {
    // Like the real kubelet: a probe asks whether it answers, not who it is.
    const request = secure ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
    const deadline = setTimeout(() => request.destroy(new Error('timeout')), timeoutMs);
    const finish = (result: CheckResult) => {
      clearTimeout(deadline);
      resolve(result);
    };
    request.once('response', (response) => {
      const code = response.statusCode ?? 0;
      response.destroy();
      finish(
        code >= 200 && code < 400 ? OK : { ok: false, message: `HTTP probe failed with statuscode: ${code}` },
      );
    });
    request.once('error', (error) => finish({ ok: false, message: `Get ${options.path}: ${error.message}` }));
    request.end();
  });
}

async function checkExec(argv: string[], target: CheckTarget, timeoutMs: number): Promise<CheckResult> {
  const { exitCode, timedOut, output } = await target.exec(argv, timeoutMs);
  if (timedOut) return { ok: false, message: `command timed out after ${timeoutMs / 1000}s` };
  return exitCode === 0 ? OK : { ok: false, message: output.trim().slice(0, 512) || `exit code ${exitCode}` };
}
