import { type ChildProcess, spawn } from 'node:child_process';
import { kubectlPath } from './kubectl-binary.ts';

export interface KubectlResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Kubectl {
  /** Runs kubectl; returns stdout. Throws with stderr when it fails. */
  (args: string[], options?: { stdin?: string }): Promise<string>;
  /** Runs kubectl and returns whatever came of it. */
  attempt(args: string[], options?: { stdin?: string }): Promise<KubectlResult>;
  /** `kubectl get -o json`, parsed. */
  json<T>(args: string[]): Promise<T>;
  /** `kubectl apply -f -` of an object or of YAML text. */
  apply(manifest: object | string): Promise<string>;
  /** A running kubectl, for `logs -f` and `port-forward`; the caller ends it. */
  spawn(args: string[]): ChildProcess;
}

const TIMEOUT_MS = 60_000;

/** The real kubectl against the cluster of `kubeconfig`. */
export async function createKubectl(kubeconfig: string): Promise<Kubectl> {
  const path = await kubectlPath();
  const start = (args: string[]) =>
    spawn(path, args, { env: { ...process.env, KUBECONFIG: kubeconfig }, stdio: ['pipe', 'pipe', 'pipe'] });

  const attempt: Kubectl['attempt'] = (args, options = {}) => collect(start(args), options.stdin);
  const run = async (args: string[], options?: { stdin?: string }): Promise<string> => {
    const result = await attempt(args, options);
    if (result.code !== 0) {
      throw new Error(
        `kubectl ${args.join(' ')} ended with ${result.code}: ${result.stderr || result.stdout}`,
      );
    }
    return result.stdout;
  };
  return Object.assign(run, {
    attempt,
    json: async <T>(args: string[]) => JSON.parse(await run(['get', ...args, '-o', 'json'])) as T,
    apply: (manifest: object | string) => run(['apply', '-f', '-'], { stdin: text(manifest) }),
    spawn: start,
  });
}

const text = (manifest: object | string) =>
  typeof manifest === 'string' ? manifest : JSON.stringify(manifest);

function collect(child: ChildProcess, stdin?: string): Promise<KubectlResult> {
  return new Promise((resolve, reject) => {
    const result: KubectlResult = { code: -1, stdout: '', stderr: '' };
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
    child.stdout?.on('data', (data) => {
      result.stdout += data;
    });
    child.stderr?.on('data', (data) => {
      result.stderr += data;
    });
    // kubectl may end before it read everything; its exit code tells then.
    child.stdin?.on('error', () => {});
    child.stdin?.end(stdin);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ ...result, code: code ?? -1 });
    });
  });
}
