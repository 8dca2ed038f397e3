/** Names of metrics: those that the programs export, and those that PromQL expressions ask for. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { collectDefaultMetrics, Registry } from 'prom-client';

const root = fileURLToPath(new URL('../../', import.meta.url));
const LITERAL = /'((?:catnap|faas|http|controller|workqueue|leader|rest)_[a-z0-9_]+)'/g;
const DERIVED = /_(bucket|sum|count)$/;

/** All that stand in the sources of operator, gateway and the Kubernetes library, and Node.js' own. */
export function exportedMetrics(): Set<string> {
  const names = new Set(defaultMetrics());
  for (const folder of ['operator', 'gateway', 'kube']) {
    for (const file of readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
      for (const [, name] of readFileSync(`${root}${folder}/${file}`, 'utf8').matchAll(LITERAL)) {
        names.add(name as string);
      }
    }
  }
  return names;
}

function defaultMetrics(): string[] {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const names = registry.getMetricsAsArray().map(({ name }) => name);
  registry.clear();
  return names;
}

/** The metrics of one PromQL expression, without the suffixes of histograms. */
export function metricsIn(expression: string): string[] {
  const bare = expression
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, '');
  const names = [...bare.matchAll(/[a-zA-Z_:][a-zA-Z0-9_:]*(?!\s*\(|[a-zA-Z0-9_:])/g)].map(([name]) => name);
  return names
    .filter((name) => !['and', 'or', 'unless'].includes(name))
    .map((name) => name.replace(DERIVED, ''));
}
