/** How main.ts tells the suite's process what to run on; its command line belongs to vitest. */
export const ENVIRONMENT = {
  cluster: 'CATNAP_E2E_CLUSTER',
  nodes: 'CATNAP_E2E_NODES',
  keep: 'CATNAP_E2E_KEEP',
} as const;
