/** Messages between the kubelet and its process keeper, over the IPC channel of child_process.fork. */

export interface StartRequest {
  op: 'start';
  id: string;
  argv: string[];
  env: Record<string, string>;
  cwd: string;
  logFile: string;
  /** Bytes after which the log file is rotated; one rotated file is kept. */
  logMaxBytes: number;
  /** Ends the container when it holds more; absent means no limit. */
  memoryLimitBytes?: number;
}

export interface SignalRequest {
  op: 'signal';
  id: string;
  signal: 'SIGTERM' | 'SIGKILL';
}

export interface ExecRequest {
  op: 'exec';
  id: string;
  argv: string[];
  env: Record<string, string>;
  cwd: string;
  timeoutMs: number;
}

export interface FollowRequest {
  op: 'follow';
  id: string;
  on: boolean;
}

export interface ShutdownRequest {
  op: 'shutdown';
  graceMs: number;
}

export type KeeperRequest = StartRequest | SignalRequest | ExecRequest | FollowRequest | ShutdownRequest;

export interface ProcessExit {
  /** Null when a signal ended the process. */
  exitCode: number | null;
  signal: string | null;
  outOfMemory: boolean;
  finishedAtMs: number;
}

export interface ExecResult {
  exitCode: number | null;
  timedOut: boolean;
  /** Start of stdout and stderr together, bounded. */
  output: string;
}

export type KeeperReply =
  | { op: 'ready' }
  | { op: 'started'; id: string; pid: number; startedAtMs: number }
  | { op: 'startFailed'; id: string; message: string }
  | { op: 'exited'; id: string; exit: ProcessExit }
  | { op: 'execDone'; id: string; result: ExecResult }
  | { op: 'logged'; id: string };
