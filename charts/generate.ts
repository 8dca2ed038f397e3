/** What the chart takes from elsewhere: the CRD template, the dashboard, and the values table of its README. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crdTemplate } from './crd-template.ts';
import { dashboardJson } from './dashboard/dashboard.ts';
import { replaceBetweenMarkers, valuesTable } from './values-table.ts';

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const read = (relative: string) => readFileSync(pathOf(relative), 'utf8');

/** Each generated file's path and content. */
export function generatedFiles(): { path: string; content: string }[] {
  return [
    {
      path: pathOf('catnap/templates/crds/functions.catnap.dev.yaml'),
      content: crdTemplate(read('../crds/generated/functions.catnap.dev.yaml')),
    },
    { path: pathOf('catnap/dashboards/catnap.json'), content: dashboardJson() },
    {
      path: pathOf('catnap/README.md'),
      content: replaceBetweenMarkers(
        read('catnap/README.md'),
        'values',
        valuesTable(read('catnap/values.yaml')),
      ),
    },
  ];
}
