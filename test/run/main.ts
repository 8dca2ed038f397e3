/** `npm test`: every check and every suite, each timed; fails at the end when anything failed. */
import { parseArgs } from 'node:util';
import { type Outcome, runStage } from './stage.ts';
import { groups, type Stage } from './stages.ts';

const usage = `Usage: npm test [-- --only GROUP]

Runs ${groups.all?.map(({ name }) => name).join(', ')}.

  --only GROUP   One of ${Object.keys(groups).join(', ')} (default: all)
  --help         This text
`;

function stagesToRun(): Stage[] | undefined {
  const { values } = parseArgs({
    options: { only: { type: 'string', default: 'all' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) return undefined;
  const stages = Object.hasOwn(groups, values.only) ? groups[values.only] : undefined;
  if (!stages) throw new Error(`--only ${values.only}: must be one of ${Object.keys(groups).join(', ')}`);
  return stages;
}

const print = (line: string) => void process.stdout.write(`${line}\n`);
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

async function runAll(stages: Stage[]): Promise<Outcome[]> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort());
  const outcomes: Outcome[] = [];
  for (const stage of stages) {
    if (stop.signal.aborted) break;
    print(`\n── ${stage.name}`);
    const outcome = await runStage(stage, stop.signal);
    outcomes.push(outcome);
    print(`── ${stage.name}: ${outcome.failed === 0 ? 'ok' : 'FAILED'} (${seconds(outcome.ms)})`);
  }
  return outcomes;
}

function summarize(stages: Stage[], outcomes: Outcome[]): number {
  const sum = (pick: (outcome: Outcome) => number) =>
    outcomes.reduce((total, outcome) => total + pick(outcome), 0);
  print('');
  for (const { name, passed, failed, skipped, ms } of outcomes) {
    const rest = skipped > 0 ? `, ${skipped} skipped` : '';
    print(`${name.padEnd(16)} ${String(passed).padStart(5)} passed, ${failed} failed${rest}  ${seconds(ms)}`);
  }
  print(`${'total'.padEnd(16)} ${seconds(sum(({ ms }) => ms))}`);
  const skipped = sum((outcome) => outcome.skipped);
  const failed = sum((outcome) => outcome.failed);
  print(
    `\n${sum(({ passed }) => passed)} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
  );
  return failed > 0 || outcomes.length < stages.length ? 1 : 0;
}

try {
  const stages = stagesToRun();
  if (stages) process.exitCode = summarize(stages, await runAll(stages));
  else process.stdout.write(usage);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${usage}`);
  process.exitCode = 2;
}
