/** The Grafana dashboard as the JSON that Grafana imports. */
import { type Panel, type Row, rows } from './panels.ts';

/** Grafana's grid is 24 columns wide. */
const COLUMNS = 3;
const PANEL = { w: 24 / COLUMNS, h: 7 };
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own variables look the same.
const datasource = { type: 'prometheus', uid: '${datasource}' };

interface Placed {
  id: number;
  gridPos: { x: number; y: number; w: number; h: number };
  [field: string]: unknown;
}

/** The file's content. */
export function dashboardJson(): string {
  return `${print({
    uid: 'catnap',
    title: 'Catnap',
    tags: ['catnap', 'functions'],
    editable: true,
    graphTooltip: 1,
    schemaVersion: 39,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    timezone: '',
    templating: { list: variables() },
    annotations: { list: [] },
    panels: layOut(rows),
  })}\n`;
}

function variables(): object[] {
  const query = (name: string, label: string, definition: string, several: boolean) => ({
    name,
    label,
    type: 'query',
    datasource,
    definition,
    query: { query: definition, refId: name },
    refresh: 2,
    sort: 1,
    ...(several && { multi: true, includeAll: true, allValue: '.*' }),
  });
  return [
    { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
    query('installation', 'Installation', 'label_values(leader_election_master_status, namespace)', false),
    query('namespace', 'Namespace', 'label_values(faas_invocations_total, namespace)', true),
    query(
      'function',
      'Function',
      'label_values(faas_invocations_total{namespace=~"$namespace"}, function)',
      true,
    ),
  ];
}

function layOut(all: Row[]): Placed[] {
  const placed: Placed[] = [];
  let y = 0;
  for (const { title, panels } of all) {
    const header = { title, type: 'row', collapsed: false, panels: [] };
    placed.push({ id: placed.length + 1, ...header, gridPos: { x: 0, y, w: 24, h: 1 } });
    y += 1;
    for (const [index, panel] of panels.entries()) {
      const x = (index % COLUMNS) * PANEL.w;
      const gridPos = { x, y: y + Math.floor(index / COLUMNS) * PANEL.h, ...PANEL };
      placed.push({ id: placed.length + 1, ...timeSeries(panel), gridPos });
    }
    y += Math.ceil(panels.length / COLUMNS) * PANEL.h;
  }
  return placed;
}

function timeSeries({ title, unit, queries }: Panel): object {
  const targets = Object.entries(queries).map(([legendFormat, expr], index) => ({
    refId: String.fromCharCode(65 + index),
    datasource,
    // Without labels to sum by there is nothing to list.
    expr: expr.replaceAll('by () ', ''),
    legendFormat,
  }));
  return {
    title,
    type: 'timeseries',
    datasource,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: {
      legend: { displayMode: 'list', placement: 'bottom' },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    targets,
  };
}

/** JSON as the repository's formatter leaves it: lists of plain values in one line, everything else spread out. */
function print(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const items = isList
    ? value.map((item) => print(item, inner))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${print(item, inner)}`);
  if (items.length === 0) return isList ? '[]' : '{}';
  const isPlain = isList && value.every((item) => typeof item !== 'object');
  if (isPlain) return `[${items.join(', ')}]`;
  const [open, close] = isList ? '[]' : '{}';
  return `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}`;
}
