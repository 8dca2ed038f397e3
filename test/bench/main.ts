/** `npm run bench`: what the platform does in figures. */
import { parseArgs } from 'node:util';
import { type Bed, openBed } from './bed.ts';
import { describeMachine, type Report, renderTable } from './report.ts';
import { coldstart } from './scenarios/coldstart.ts';
import { overload } from './scenarios/overload.ts';
import { warm } from './scenarios/warm.ts';

const scenarios: Record<string, (bed: Bed, options: Options) => Promise<Partial<Report>>> = {
  coldstart: (bed, { count }) => coldstart(bed, count),
  warm: (bed, { seconds }) => warm(bed, seconds),
  overload: (bed, { seconds }) => overload(bed, seconds),
};

const usage = `Usage: npm run bench -- SCENARIO [OPTIONS]

  coldstart   A function without pods is called; against starting the bare runtime process
  warm        One pod through the gateway, against the same pod directly; 1, 20 and 50 connections
  overload    Five times the capacity of the pods; against their peak

  --cluster local|current   Embedded cluster, started for this (default), or KUBECONFIG and CATNAP_GATEWAY_URL
  --count N                 Cold starts to measure (default 30)
  --seconds N               Time to measure each load, after the warm-up (default 9)
  --json                    One JSON object on stdout
  --help                    This text

Percentiles are of calls after the warm-up. Progress goes to stderr.
`;

interface Options {
  scenario: string;
  cluster: 'local' | 'current';
  count: number;
  seconds: number;
  json: boolean;
}

function parse(): Options | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      cluster: { type: 'string', default: 'local' },
      count: { type: 'string', default: '30' },
      seconds: { type: 'string', default: '9' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const [scenario = '', ...rest] = positionals;
  if (!Object.hasOwn(scenarios, scenario) || rest.length > 0) {
    throw new Error(`Name one scenario: ${Object.keys(scenarios).join(', ')}`);
  }
  const { cluster, json } = values;
  if (cluster !== 'local' && cluster !== 'current')
    throw new Error(`--cluster ${cluster}: must be local or current`);
  return {
    scenario,
    cluster,
    json,
    count: positive('count', values.count),
    seconds: positive('seconds', values.seconds),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} ${text}: must be a whole number above 0`);
}

async function run(options: Options): Promise<Report> {
  const bed = await openBed(options.cluster, (line) => void process.stderr.write(`${line}\n`));
  try {
    const found = await scenarios[options.scenario]?.(bed, options);
    const { scenario, cluster } = options;
    return { scenario, cluster, machine: describeMachine(), results: [], baseline: [], ...found };
  } finally {
    await bed.close();
  }
}

function fail(error: unknown, code: number): void {
  process.stderr.write(`${(error as Error).message}\n${code === 2 ? `\n${usage}` : ''}`);
  process.exitCode = code;
}

let options: Options | undefined;
try {
  options = parse();
  if (!options) process.stdout.write(usage);
} catch (error) {
  fail(error, 2);
}
if (options) {
  // The platform's processes end with this one.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => process.exit(130));
  try {
    const report = await run(options);
    process.stdout.write(`${options.json ? JSON.stringify(report) : renderTable(report)}\n`);
  } catch (error) {
    fail(error, 1);
  }
}
