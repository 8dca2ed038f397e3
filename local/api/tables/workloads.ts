import { listAt, numberAt, recordAt } from '../core/objects.ts';
import { formatSelector } from '../requests/label-selector.ts';
import { age, containerColumns } from './format.ts';
import { column, type TableDefinition, wide } from './table.ts';

export const deploymentTable: TableDefinition = {
  columns: [
    column('Name'),
    column('Ready'),
    column('Up-to-date', 'string'),
    column('Available', 'string'),
    column('Age'),
    wide('Containers'),
    wide('Images'),
    wide('Selector'),
  ],
  cells(it, now) {
    const [names, images] = containerColumns(listAt(it, 'spec', 'template', 'spec', 'containers'));
    const ready = numberAt(it, 'status', 'readyReplicas') ?? 0;
    return [
      it.metadata.name,
      `${ready}/${numberAt(it, 'spec', 'replicas') ?? 1}`,
      numberAt(it, 'status', 'updatedReplicas') ?? 0,
      numberAt(it, 'status', 'availableReplicas') ?? 0,
      age(it, now),
      names,
      images,
      formatSelector(recordAt(it, 'spec', 'selector')),
    ];
  },
};

export const replicaSetTable: TableDefinition = {
  columns: [
    column('Name'),
    column('Desired', 'integer'),
    column('Current', 'integer'),
    column('Ready', 'integer'),
    column('Age'),
    wide('Containers'),
    wide('Images'),
    wide('Selector'),
  ],
  cells(it, now) {
    const [names, images] = containerColumns(listAt(it, 'spec', 'template', 'spec', 'containers'));
    return [
      it.metadata.name,
      numberAt(it, 'spec', 'replicas') ?? 1,
      numberAt(it, 'status', 'replicas') ?? 0,
      numberAt(it, 'status', 'readyReplicas') ?? 0,
      age(it, now),
      names,
      images,
      formatSelector(recordAt(it, 'spec', 'selector')),
    ];
  },
};

export const disruptionBudgetTable: TableDefinition = {
  columns: [
    column('Name'),
    column('Min Available'),
    column('Max Unavailable'),
    column('Allowed Disruptions', 'integer'),
    column('Age'),
  ],
  cells(it, now) {
    const spec = recordAt(it, 'spec') ?? {};
    return [
      it.metadata.name,
      String(spec.minAvailable ?? 'N/A'),
      String(spec.maxUnavailable ?? 'N/A'),
      numberAt(it, 'status', 'disruptionsAllowed') ?? 0,
      age(it, now),
    ];
  },
};
