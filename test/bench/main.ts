/** `npm run bench`: what the platform does in figures. */
import { aborted, stopSignal } from '#local/up/stopping.ts';
import { type Bed, openBed } from './bed.ts';
import { type Options, parseOptions, type ScenarioName, usage } from './options.ts';
import { describeMachine, type Report, renderTable } from './report.ts';
import { asynchronous } from './scenarios/async.ts';
import { burst } from './scenarios/burst.ts';
import { coldstart } from './scenarios/coldstart.ts';
import { density } from './scenarios/density.ts';
import { noisy } from './scenarios/noisy.ts';
import { overload } from './scenarios/overload.ts';
import { soak } from './scenarios/soak.ts';
import { triggers } from './scenarios/triggers.ts';
import { warm } from './scenarios/warm.ts';

const scenarios: Record<ScenarioName, (bed: Bed, options: Options) => Promise<Partial<Report>>> = {
  coldstart,
  burst,
  noisy,
  density,
  soak,
  warm,
  overload,
  async: asynchronous,
  triggers,
};

const INTERRUPTED = 130;

const log = (line: string) => void process.stderr.write(`${line}\n`);

/**
 * Tells the report before it cleans up, which takes longer than the measurement where there are 10,000 functions. Returns
 * false when it was stopped. Whatever happens, what was brought up is taken down before it returns.
 */
async function run(options: Options, stop: AbortSignal): Promise<boolean> {
  const { scenario, cluster, keep, pool } = options;
  const bed = await openBed({ cluster, keep, pool, log });
  try {
    if (stop.aborted) return false;
    const ends = [scenarios[scenario](bed, options), aborted(stop), ...(bed.broken ? [bed.broken] : [])];
    const found = await Promise.race(ends);
    if (!found || stop.aborted) return false;
    tell({ scenario, cluster, machine: describeMachine(), results: [], baseline: [], ...found }, options);
    return true;
  } finally {
    await bed.close();
  }
}

function tell(report: Report, { json }: Options): void {
  process.stdout.write(`${json ? JSON.stringify(report) : renderTable(report)}\n`);
}

async function main(options: Options): Promise<number> {
  const stop = stopSignal(() => process.exit(INTERRUPTED));
  stop.addEventListener('abort', () => log('stopping and cleaning up; once more ends at once'));
  try {
    return (await run(options, stop)) ? 0 : INTERRUPTED;
  } catch (error) {
    // Ctrl-C in a terminal reaches the load generators too; that they fail then is no news.
    if (stop.aborted) return INTERRUPTED;
    log((error as Error).message);
    return 1;
  }
}

function readOptions(): Options | undefined {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (!options) process.stdout.write(usage);
    return options;
  } catch (error) {
    log(`${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

const options = readOptions();
if (options) {
  const code = await main(options);
  // An abandoned scenario would go on calling what is gone; all that it started ends with this process.
  if (code !== 0) process.exit(code);
}
