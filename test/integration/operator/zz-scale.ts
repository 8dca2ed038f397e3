import { readFileSync } from 'node:fs';
import { deployments, functions } from '#kube/resource.ts';
import { startEnvironment } from './environment.ts';

const N = Number(process.argv[2] ?? 10000);
const env = await startEnvironment();
const { client } = env;
const log = (...a: unknown[]) => process.stdout.write(`${a.map(String).join(' ')}\n`);
async function pool(n: number, fn: (i: number) => Promise<unknown>) {
  let i = 0;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (i < n) {
        const k = i++;
        await fn(k);
      }
    }),
  );
}
try {
  let t = performance.now();
  await pool(N, (i) =>
    client.create(functions, {
      metadata: { namespace: 'shop', name: `f${i}` },
      spec: { source: { inline: { files: { 'index.mjs': `export const handler = async () => ${i}` } } } },
    } as never),
  );
  log('created', N, ((performance.now() - t) / 1000).toFixed(1), 's');
  t = performance.now();
  const op = await env.startOperator('operator');
  const text = async () => (await fetch(`${op.url()}/metrics`)).text();
  const val = async (re: RegExp) => Number(re.exec(await text())?.[1] ?? 0);
  const done = async () => {
    const s = await text();
    return Number(/result="success"\} (\d+)/.exec(s)?.[1]);
  };
  for (;;) {
    const { items } = await client.list(deployments, { namespace: 'shop', limit: 1 });
    const s = await text();
    const d = await done();
    const depth = Number(/workqueue_depth\{name="function"\} (\d+)/.exec(s)?.[1]);
    if (d >= N && depth === 0) break;
    if (performance.now() - t > 400e3) {
      log('timeout', d, depth);
      break;
    }
    await new Promise((r) => setTimeout(r, 500));
  }
  log('first pass', ((performance.now() - t) / 1000).toFixed(1), 's');
  const rss = () => /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${op.pid}/status`, 'utf8'))?.[1];
  log('rss kB', rss());
  // make them known to load and asleep
  t = performance.now();
  await pool(N, async (i) => {
    const fn = await client.get(functions, { namespace: 'shop', name: `f${i}` });
    await client.patch(
      functions,
      { namespace: 'shop', name: `f${i}` },
      { status: { loadedRevision: fn.status?.revision } },
      { type: 'merge', subresource: 'status' },
    );
    await client.setScale(deployments, { namespace: 'shop', name: `fn-f${i}` }, 0, { fieldManager: 'test' });
  });
  log('put to sleep', ((performance.now() - t) / 1000).toFixed(1), 's');
  env.gateway.report({});
  await new Promise((r) => setTimeout(r, 15000));
  log('candidates', await val(/catnap_autoscaler_functions (\d+)/), 'rss', rss());
  const cpu = () => {
    const f = readFileSync(`/proc/${op.pid}/stat`, 'utf8').split(' ');
    return (Number(f[13]) + Number(f[14])) / 100;
  };
  const c0 = cpu();
  const sum0 = await val(/catnap_autoscaler_tick_seconds_sum ([\d.e-]+)/),
    n0 = await val(/catnap_autoscaler_tick_seconds_count (\d+)/);
  await new Promise((r) => setTimeout(r, 20000));
  const sum1 = await val(/catnap_autoscaler_tick_seconds_sum ([\d.e-]+)/),
    n1 = await val(/catnap_autoscaler_tick_seconds_count (\d+)/);
  log(
    'idle cpu % over 20s',
    (((cpu() - c0) / 20) * 100).toFixed(2),
    'tick ms',
    ((1000 * (sum1 - sum0)) / (n1 - n0)).toFixed(2),
  );
  t = performance.now();
  const sz = (await text()).length;
  log('scrape ms', (performance.now() - t).toFixed(0), 'bytes', sz);
  const writesBefore = (await client.get(functions, { namespace: 'shop', name: 'f5' })).metadata
    ?.resourceVersion;
  await op.stop();
  t = performance.now();
  await op.start();
  for (;;) {
    const s = await text();
    if ((await done()) >= N && /workqueue_depth\{name="function"\} 0/.test(s)) break;
    await new Promise((r) => setTimeout(r, 200));
  }
  log('second pass after restart', ((performance.now() - t) / 1000).toFixed(1), 's rss', rss());
  log(op.tail(30).join('\n'));
  log(
    (await text())
      .split('\n')
      .filter((l) =>
        /rest_client_requests_total|reconcile_time_seconds_(sum|count)|queue_duration_seconds_(sum|count)|process_cpu_seconds_total|eventloop_lag_max/.test(
          l,
        ),
      )
      .join('\n'),
  );
  log(
    'unchanged',
    writesBefore ===
      (await client.get(functions, { namespace: 'shop', name: 'f5' })).metadata?.resourceVersion,
  );
} finally {
  await env.stop();
}
