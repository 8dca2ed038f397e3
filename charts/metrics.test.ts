import { describe, expect, it } from 'vitest';
import { exportedMetrics, metricsIn } from './testing/metric-names.ts';
import { type Manifest, pick, render } from './testing/render.ts';

interface Alert {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook_url?: string };
}
interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; refId: string }[];
}
interface Dashboard {
  uid: string;
  panels: Panel[];
}

const MONITORED = 'networkPolicies.metricsFrom=[{"namespaceSelector":{}}]';
const exported = exportedMetrics();
const unknownIn = (expressions: string[]) =>
  expressions.flatMap(metricsIn).filter((name) => !exported.has(name));

async function alerts(settings: string[] = []): Promise<Alert[]> {
  const manifests = await render(['metrics.prometheusRule.enabled=true', ...settings]);
  const { spec } = pick<{ spec: { groups: { rules: Alert[] }[] } }>(manifests, 'PrometheusRule');
  return spec.groups.flatMap(({ rules }) => rules);
}

async function dashboard(): Promise<Dashboard> {
  const settings = ['metrics.dashboard={"enabled":true,"annotations":{"grafana_folder":"Catnap"}}'];
  const map = pick<Manifest & { data: Record<string, string> }>(await render(settings), 'ConfigMap');
  expect(map.metadata.labels?.grafana_dashboard).toBe('1');
  expect(map.metadata.annotations).toEqual({ grafana_folder: 'Catnap' });
  return JSON.parse(map.data['catnap.json'] ?? '') as Dashboard;
}

it('nothing for the Prometheus operator or Grafana is made unless asked for', async () => {
  const kinds = (await render()).map(({ kind }) => kind);
  for (const kind of ['PodMonitor', 'ServiceMonitor', 'PrometheusRule', 'ConfigMap']) {
    expect(kinds).not.toContain(kind);
  }
});

describe('what is read of expressions', () => {
  it('is their metrics, and these are found in the sources', () => {
    expect(
      metricsIn('sum by (le, pod) (rate(a_bucket{x="y_z"}[5m])) / on (b) (c_total or vector(0)) > 1'),
    ).toEqual(['a', 'c_total']);
    expect(exported).toContain('faas_invocations_total');
    expect(exported).toContain('workqueue_depth');
    expect(exported).toContain('process_resident_memory_bytes');
    expect(unknownIn(['rate(catnap_no_such_total[5m])'])).toEqual(['catnap_no_such_total']);
  });
});

describe('alerts', () => {
  it('ask for metrics that exist', async () => {
    const expressions = (await alerts()).map(({ expr }) => expr);
    expect(expressions.length).toBeGreaterThan(10);
    expect(expressions.filter((expr) => metricsIn(expr).length === 0)).toEqual([]);
    expect(unknownIn(expressions)).toEqual([]);
  });

  it('each say what is wrong, and about this installation only where nothing else tells it apart', async () => {
    const all = await alerts();
    expect(new Set(all.map(({ alert }) => alert)).size).toBe(all.length);
    for (const { alert, expr, annotations, labels, ...rule } of all) {
      expect(alert).toMatch(/^Catnap[A-Z]/);
      expect(annotations.summary).toMatch(/\.$/);
      expect(annotations.description).toMatch(/\.$/);
      expect(['critical', 'warning']).toContain(labels.severity);
      expect(rule.for).toMatch(/^\d+m$/);
      expect(expr).not.toContain('INSTALLATION');
      expect(expr).toMatch(/namespace="catnap-system"|by \(namespace, (function|pool)/);
      // What the text shows must be a label that the expression keeps.
      for (const [, label] of annotations.summary.matchAll(/\$labels\.(\w+)/g)) expect(expr).toContain(label);
      expect(annotations).not.toHaveProperty('runbook_url');
    }
  });

  it('lead to their heading of the page that is named', async () => {
    const [first] = await alerts([
      'metrics.prometheusRule={"enabled":true,"labels":{"release":"p"},"runbookUrl":"https://docs.example/troubleshooting.md"}',
    ]);
    expect(first?.annotations.runbook_url).toBe('https://docs.example/troubleshooting.md#catnapnoleader');
  });
});

describe('the dashboard', () => {
  it('asks for metrics that exist', async () => {
    const { panels } = await dashboard();
    const expressions = panels.flatMap(({ targets }) => targets ?? []).map(({ expr }) => expr);
    expect(expressions.length).toBeGreaterThan(30);
    expect(unknownIn(expressions)).toEqual([]);
  });

  it('has panels that do not overlap, each with an id and queries of its own', async () => {
    const { panels } = await dashboard();
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { gridPos, targets, type } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`)).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
      const ids = (targets ?? []).map(({ refId }) => refId);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.length > 0).toBe(type !== 'row');
    }
  });
});

describe('monitors', () => {
  it.each([
    ['PodMonitor', 'podMonitor', 'podMetricsEndpoints'],
    ['ServiceMonitor', 'serviceMonitor', 'endpoints'],
  ])(
    'a %s reads operators and gateways, and keeps the namespace of functions',
    async (kind, value, field) => {
      const settings = [
        MONITORED,
        `metrics.${value}={"enabled":true,"labels":{"release":"p"},"interval":"15s"}`,
      ];
      const manifests = await render(settings);
      const monitor = pick<Manifest & { spec: Record<string, unknown> }>(manifests, kind);
      expect(monitor.metadata.labels?.release).toBe('p');
      expect(monitor.spec[field]).toEqual(
        ['metrics', 'control'].map((port) => ({
          port,
          path: '/metrics',
          honorLabels: true,
          interval: '15s',
        })),
      );
      // Services of the same names are what a ServiceMonitor finds the ports by.
      const ports = manifests
        .filter((item) => item.kind === 'Service')
        .flatMap(({ spec }) => (spec as { ports: { name: string }[] }).ports.map(({ name }) => name));
      for (const port of ['metrics', 'control'])
        expect(ports.filter((name) => name === port)).toHaveLength(1);
    },
  );
});
