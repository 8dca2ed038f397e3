/** Runs one stage and counts what passed. */
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, type Stage } from './stages.ts';

export interface Outcome {
  name: string;
  passed: number;
  failed: number;
  skipped: number;
  ms: number;
}

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numFailedTestSuites: number;
}

/** Its output goes to ours: at once for suites, only on failure for checks. */
export async function runStage(stage: Stage, signal: AbortSignal): Promise<Outcome> {
  const started = performance.now();
  const counts = stage.vitest ? await runSuite(stage, signal) : await runCheck(stage, signal);
  return { name: stage.name, ...counts, ms: performance.now() - started };
}

type Counts = Omit<Outcome, 'name' | 'ms'>;

async function runCheck(stage: Stage, signal: AbortSignal): Promise<Counts> {
  const { code, output } = await run(stage.args, true, signal);
  if (code !== 0) process.stdout.write(output);
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

async function runSuite(stage: Stage, signal: AbortSignal): Promise<Counts> {
  const file = join(tmpdir(), `catnap-test-${process.pid}-${stage.name}.json`);
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const { code } = await run([...stage.args, ...reporters], false, signal);
    return countTests(await readReport(file), code);
  } finally {
    await rm(file, { force: true });
  }
}

/** A suite that ends badly without a failed test (a file that does not load, an error outside a test) failed too. */
export function countTests(report: Report | undefined, code: number): Counts {
  const failed = report?.numFailedTests ?? 0;
  return {
    passed: report?.numPassedTests ?? 0,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0),
  };
}

async function readReport(file: string): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Report;
  } catch {
    return undefined;
  }
}

function run(args: string[], quiet: boolean, signal: AbortSignal): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    });
    let output = '';
    const collect = (data: Buffer) => {
      output += data;
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    // As Ctrl-C: the suite stops what it started.
    const interrupt = () => child.kill('SIGINT');
    signal.addEventListener('abort', interrupt);
    child.once('error', (error) => {
      output += error.message;
    });
    child.once('close', (code) => {
      signal.removeEventListener('abort', interrupt);
      resolve({ code: code ?? 1, output });
    });
  });
}
