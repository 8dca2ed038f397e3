/** `npm run bench`: what the platform does in figures. */
import { parseArgs } from 'node:util';
import { type Bed, openBed } from './bed.ts';
import { CLUSTERS, type ClusterKind } from './platforms.ts';
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

  --cluster local|current|real   Embedded cluster, started for this (default); KUBECONFIG and CATNAP_GATEWAY_URL;
                                 or the test cluster with the chart, taken or brought up for this (needs root)
  --count N                      Cold starts to measure (default 30)
  --seconds N                    Time to measure each load, after the warm-up (default 9)
  --keep                         Leave cluster and platform of "real" as they are
  --json                         One JSON object on stdout
  --help                         This text

Percentiles are of calls after the warm-up. Progress goes to stderr.
`;

interface Options {
  scenario: string;
  cluster: ClusterKind;
  keep: boolean;
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
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const [scenario = '', ...rest] = positionals;
  if (!Object.hasOwn(scenarios, scenario) || rest.length > 0) {
    throw new Error(`Name one scenario: ${Object.keys(scenarios).join(', ')}`);
  }
  const { json, keep } = values;
  const cluster = CLUSTERS.find((kind) => kind === values.cluster);
  if (!cluster) throw new Error(`--cluster ${values.cluster}: must be one of ${CLUSTERS.join(', ')}`);
  if (keep && cluster !== 'real') throw new Error('--keep goes with --cluster real');
  return {
    scenario,
    cluster,
    json,
    keep,
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
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const bed = await openBed({ cluster: options.cluster, keep: options.keep, log });
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
