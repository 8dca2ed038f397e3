/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';
import type { PodClass } from './functions/deploy.ts';

export const CLUSTERS = ['local', 'current', 'real'] as const;
export type ClusterKind = (typeof CLUSTERS)[number];

/** Which options each scenario takes besides those of all. */
const TAKES = {
  coldstart: ['class', 'count', 'interval', 'pool'],
  burst: ['class', 'functions', 'pool'],
  noisy: ['class', 'seconds', 'pool'],
  density: ['class', 'count', 'functions', 'pool', 'interval'],
  soak: ['class', 'minutes'],
  warm: ['class', 'seconds'],
  overload: ['class', 'seconds'],
  async: ['class', 'seconds'],
  triggers: ['class', 'count'],
} as const satisfies Record<string, readonly Special[]>;

const SPECIAL = ['class', 'count', 'seconds', 'functions', 'minutes', 'interval', 'pool'] as const;
type Special = (typeof SPECIAL)[number];
export type ScenarioName = keyof typeof TAKES;

const ONLY_LOCAL =
  'triggers goes with --cluster local: the servers that events come from listen on the loopback address of this machine, where gateways in a cluster cannot reach them';

/** Warm pods of a pool while nobody takes any, in the scenarios that are about them: as Fission was measured. */
const POOLS: Partial<Record<ScenarioName, number>> = { coldstart: 30, burst: 30, density: 30 };

/** Numbers are undefined where the scenario's own default holds. */
export interface Options {
  scenario: ScenarioName;
  cluster: ClusterKind;
  /** Undefined leaves it to the platform; for coldstart it means all. */
  class?: PodClass;
  count?: number;
  seconds?: number;
  functions?: number;
  minutes?: number;
  /** Between two calls, in milliseconds. */
  interval?: number;
  /** The least that pools have; undefined leaves it to the platform. */
  pool?: number;
  keep: boolean;
  json: boolean;
}

export const usage = `Usage: npm run bench -- SCENARIO [OPTIONS]

  coldstart   Functions without pods are called: by warm pods of a pool, on a host that they share, then by pods of
              their own; against a warm call, a bare pod and the bare runtime process
  burst       1,000 calls at once to one sleeping function, three times; then one call each to 100 sleeping functions,
              against the rate at which the cluster starts bare pods
  noisy       Functions with one pod each while another goes from 0 to 20 pods, then while that takes all CPU there is;
              against the same functions before and beside 20 bare pods that the cluster starts
  density     10,000 sleeping functions: memory, wake-ups and the operator's restart; against 10 of them
  soak        Steady, bursty, waking, asynchronous and redeployed functions for ten minutes: what fails, what grows
  warm        One pod through the gateway, against the same pod directly; 1, 20 and 50 connections; all gateways
              together where there are several
  overload    Five times the capacity of the pods; against their peak
  async       Asynchronous calls: how many are accepted and delivered, what an idle queue costs, what Redis needs
  triggers    Events of Kafka, NATS JetStream, RabbitMQ, SQS, MQTT, Redis streams and PostgreSQL, each from a server that
              is started for this: how many a second one gateway brings to one pod, alone and in batches, and how long
              one takes; against calls over HTTP. In less than 5 minutes; only on "local"

  --cluster local|current|real   Embedded cluster, started for this (default); KUBECONFIG and CATNAP_GATEWAY_URL;
                                 or the test cluster with the chart, taken or brought up for this (needs root)
  --class pooled|dedicated|isolate
                                 spec.class of the functions; default: the platform's own, for coldstart all
  --count N                      coldstart: calls to measure (default 100, 30 dedicated);
                                 density: wake-ups to measure among few and among all (default 50);
                                 triggers: events that each source holds (default 20000, MQTT 10000, SQS 5000)
  --seconds N                    warm, overload, async: time to measure each load, after the warm-up (default 9);
                                 noisy: time to measure before and during the noise (default 30)
  --functions N                  burst: functions that are called at once (default 100);
                                 density: sleeping functions (default 10000)
  --minutes N                    soak: how long (default 10)
  --interval N                   coldstart, density: milliseconds from one call of a sleeping function to the next (default 400)
  --pool N                       coldstart, burst, density, noisy: warm pods of a pool, and threads of a host, that are
                                 ready while nobody takes any (default 30, noisy the platform's own); on "current" they
                                 are as they were installed
  --keep                         Leave cluster and platform of "real" as they are
  --json                         One JSON object on stdout
  --help                         This text

Percentiles are of calls after the warm-up. Progress goes to stderr. Targets are shown beside what was measured; the
exit code is 0 whether they are reached or not, 1 when the scenario could not be carried out, 2 for a wrong command
line, 130 after Ctrl-C.
`;

/** Undefined when the help text is wanted. Throws with a sentence about what is wrong. */
export function parseOptions(args: string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      cluster: { type: 'string', default: 'local' },
      class: { type: 'string' },
      count: { type: 'string' },
      seconds: { type: 'string' },
      functions: { type: 'string' },
      minutes: { type: 'string' },
      interval: { type: 'string' },
      pool: { type: 'string' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { json, keep } = values;
  const scenario = scenarioOf(positionals);
  const cluster = oneOf('cluster', values.cluster, CLUSTERS) ?? 'local';
  if (keep && cluster !== 'real') throw new Error('--keep goes with --cluster real');
  if (scenario === 'triggers' && cluster !== 'local') throw new Error(ONLY_LOCAL);
  refuseStrangers(scenario, values);
  return {
    scenario,
    cluster,
    json,
    keep,
    class: oneOf('class', values.class, ['pooled', 'dedicated', 'isolate']),
    count: positive('count', values.count),
    seconds: positive('seconds', values.seconds),
    functions: positive('functions', values.functions),
    minutes: positive('minutes', values.minutes),
    interval: positive('interval', values.interval),
    pool: positive('pool', values.pool) ?? POOLS[scenario],
  };
}

function scenarioOf([name = '', ...rest]: string[]): ScenarioName {
  if (Object.hasOwn(TAKES, name) && rest.length === 0) return name as ScenarioName;
  throw new Error(`Name one scenario: ${Object.keys(TAKES).join(', ')}`);
}

/** An option that would have no effect is a mistake that would only show in the figures. */
function refuseStrangers(scenario: ScenarioName, values: Partial<Record<Special, string>>): void {
  for (const name of SPECIAL) {
    if (values[name] === undefined || isAbout(name, scenario)) continue;
    throw new Error(`--${name} does not go with ${scenario}`);
  }
}

function isAbout(name: Special, scenario: ScenarioName): boolean {
  const taken: readonly string[] = TAKES[scenario];
  return taken.includes(name);
}

function oneOf<T extends string>(
  name: string,
  text: string | undefined,
  allowed: readonly T[],
): T | undefined {
  const value = allowed.find((candidate) => candidate === text);
  if (value || text === undefined) return value;
  throw new Error(`--${name} ${text}: must be one of ${allowed.join(', ')}`);
}

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} ${text}: must be a whole number above 0`);
}
