/** The tour: deploy, wake, scale out, measure, sleep, wake again, delete; each step proves what it says. */
import { fileURLToPath } from 'node:url';
import { labels } from '#crds/wire/names.ts';
import type { Kubectl } from '../kubectl-command.ts';
import { duration } from '../narrate.ts';
import type { Platform } from '../platform.ts';
import { say, step } from '../steps.ts';
import { waitFor } from '../wait-for.ts';
import { call, callOk, percentile } from './calls.ts';

const MANIFEST = fileURLToPath(new URL('./function.yaml', import.meta.url));
const OWNED = `${labels.function}=tour`;
const CALLS = 50;
const CALL_MS = 600;

interface List {
  items: { metadata: { name: string }; spec?: { replicas?: number } }[];
}

export async function tour(platform: Platform, kubectl: Kubectl): Promise<void> {
  const url = `${platform.gatewayUrl}/fn/default/tour`;
  const owned = async (kinds: string) => (await kubectl.json<List>([kinds, '-l', OWNED])).items;
  const noPods = () =>
    waitFor(async () => (await owned('pods')).length === 0, { timeoutMs: 20_000, describe: 'zero pods' });

  say('');
  await step('kubectl apply -f local/up/demo/function.yaml', async () => {
    await kubectl(['apply', '-f', MANIFEST]);
    await kubectl(['wait', 'fn/tour', '--for=condition=Ready', '--timeout=20s']);
  });
  await step('its code was seen to load; now nobody calls: zero pods', noPods);
  await step('first call wakes it', async () => {
    const answer = await callOk(`${url}?name=Catnap`);
    return `${answer.body} in ${duration(answer.ms)}, from zero pods`;
  });
  await step('next call', async () => `answered in ${(await callOk(url)).ms.toFixed(1)} ms`);
  await step(`${CALLS} calls at once, ${CALL_MS} ms of work each`, () => burst(url, kubectl));
  await step('metrics', () => scrape(platform));
  await step('nobody calls: zero pods', noPods);
  await step('called again', async () => `answered in ${duration((await callOk(url)).ms)}, from zero pods`);
  await step('kubectl delete: everything of it is gone', async () => {
    await kubectl(['delete', 'fn/tour']);
    await waitFor(async () => (await owned('deployments,replicasets,pods,configmaps')).length === 0, {
      timeoutMs: 20_000,
      describe: 'Deployment, pods and ConfigMap to go',
    });
    const gone = await waitFor(
      async () => ((await call(url)).status === 404 ? 'its URL answers 404' : undefined),
      {
        timeoutMs: 5_000,
        describe: '404',
      },
    );
    return gone;
  });
}

async function burst(url: string, kubectl: Kubectl): Promise<string> {
  const peak = { replicas: 0, done: false };
  const watching = (async () => {
    while (!peak.done) {
      const found = await kubectl.json<List>(['deployments', '-l', OWNED]);
      peak.replicas = Math.max(peak.replicas, found.items[0]?.spec?.replicas ?? 0);
    }
  })();
  try {
    const answers = await Promise.all(Array.from({ length: CALLS }, () => callOk(`${url}?ms=${CALL_MS}`)));
    const times = answers.map(({ ms }) => ms);
    peak.done = true;
    await watching;
    if (peak.replicas < 2) throw new Error(`it never had more than ${peak.replicas} pod`);
    return `all answered, 1 → ${peak.replicas} pods, median ${duration(percentile(times, 0.5))}`;
  } finally {
    peak.done = true;
    await watching.catch(() => {});
  }
}

async function scrape(platform: Platform): Promise<void> {
  const response = await fetch(`${platform.controlUrl}/metrics`, { signal: AbortSignal.timeout(5000) });
  const lines = (await response.text())
    .split('\n')
    .filter((line) => line.includes('function="tour"') && !line.includes('_bucket') && !line.endsWith(' 0'));
  if (lines.length === 0) throw new Error(`${platform.controlUrl}/metrics says nothing about the function`);
  for (const line of lines.slice(0, 6)) say(`    ${line}`);
}
