/** What the Grafana dashboard shows, top to bottom. */

export interface Panel {
  title: string;
  /** Of Grafana: `reqps`, `s`, `bytes`, `short` … */
  unit: string;
  /** Legend → PromQL; `$functions` and `$installation` stand for the chosen ones. */
  queries: Record<string, string>;
}

export interface Row {
  title: string;
  panels: Panel[];
}

const functions = 'namespace=~"$namespace", function=~"$function"';
const installation = 'namespace="$installation"';
const perFunction = '{{namespace}}/{{function}}';
const rate = (metric: string, by: string, matchers = functions) =>
  `sum by (${by}) (rate(${metric}{${matchers}}[$__rate_interval]))`;
const sum = (metric: string) => `sum by (namespace, function) (${metric}{${functions}})`;
const quantile = (q: number, histogram: string, by: string[], matchers = functions) =>
  `histogram_quantile(${q}, ${rate(`${histogram}_bucket`, [...by, 'le'].join(', '), matchers)})`;
const own = (metric: string, by: string) => rate(metric, by, installation);
const processes = `${installation}, container=~"operator|gateway"`;

const calls: Row = {
  title: 'Calls',
  panels: [
    {
      title: 'Answered calls',
      unit: 'reqps',
      queries: { [perFunction]: rate('faas_invocations_total', 'namespace, function') },
    },
    {
      title: 'Failed calls',
      unit: 'reqps',
      queries: {
        [`${perFunction} {{reason}}`]: rate('faas_errors_total', 'namespace, function, reason'),
        [`${perFunction} CallTimeout`]: rate('faas_timeouts_total', 'namespace, function'),
      },
    },
    {
      title: 'Duration',
      unit: 's',
      queries: {
        p50: quantile(0.5, 'http_server_request_duration_seconds', []),
        p95: quantile(0.95, 'http_server_request_duration_seconds', []),
        p99: quantile(0.99, 'http_server_request_duration_seconds', []),
      },
    },
    {
      title: 'Running and waiting calls',
      unit: 'short',
      queries: {
        [`${perFunction} running`]: sum('catnap_in_flight_calls'),
        [`${perFunction} waiting`]: sum('catnap_queued_calls'),
      },
    },
    {
      title: 'Cancelled, sent again, refused',
      unit: 'reqps',
      queries: {
        cancelled: rate('catnap_cancelled_calls_total', ''),
        'sent again': rate('catnap_resends_total', ''),
        'refused: {{reason}}': own('catnap_refused_requests_total', 'reason'),
      },
    },
    {
      title: 'Asynchronous calls',
      unit: 'reqps',
      queries: {
        accepted: own('catnap_async_accepted_total', ''),
        '{{result}}': own('catnap_async_finished_total', 'result'),
        'to be repeated': own('catnap_async_retries_total', ''),
        'put away: {{reason}}': own('catnap_async_dead_letters_total', 'reason'),
        'outcomes {{result}}': own('catnap_async_outcomes_total', 'result'),
      },
    },
    {
      title: 'Asynchronous backlog',
      unit: 'short',
      queries: {
        // The same at every gateway.
        [perFunction]: `max by (namespace, function) (catnap_async_backlog_calls{${functions}})`,
        'dead letters': `max(catnap_async_dead_letters{${installation}})`,
        '{{pod}} delivers': `catnap_async_deliveries{${installation}}`,
        '{{pod}} holds functions back': `catnap_async_throttled_functions{${installation}}`,
      },
    },
    {
      title: 'Longest wait of an asynchronous call',
      unit: 's',
      queries: { waiting: `max(catnap_async_oldest_waiting_seconds{${installation}})` },
    },
  ],
};

const perTrigger = `${perFunction} {{trigger}}`;
const byTrigger = 'namespace, function, trigger';
const triggers: Row = {
  title: 'Triggers',
  panels: [
    {
      title: 'Events',
      unit: 'reqps',
      queries: { [`${perTrigger} {{result}}`]: rate('catnap_trigger_events_total', `${byTrigger}, result`) },
    },
    {
      title: 'Events that wait at their source',
      unit: 'short',
      queries: { [perTrigger]: `max by (${byTrigger}) (catnap_trigger_lag{${functions}})` },
    },
    {
      title: 'Connected',
      unit: 'short',
      queries: { [perTrigger]: `max by (${byTrigger}) (catnap_trigger_connected{${functions}})` },
    },
  ],
};

const scaling: Row = {
  title: 'Cold starts and scaling',
  panels: [
    {
      title: 'Cold starts',
      unit: 'reqps',
      queries: { [perFunction]: rate('faas_coldstarts_total', 'namespace, function') },
    },
    {
      title: 'Duration of cold starts',
      unit: 's',
      queries: {
        [`${perFunction} p50`]: quantile(0.5, 'catnap_cold_start_duration_seconds', [
          'namespace',
          'function',
        ]),
        [`${perFunction} p95`]: quantile(0.95, 'catnap_cold_start_duration_seconds', [
          'namespace',
          'function',
        ]),
      },
    },
    {
      title: 'Wakes',
      unit: 'reqps',
      queries: {
        [perFunction]: rate('catnap_wakes_total', 'namespace, function'),
        [`${perFunction} failed`]: rate('catnap_wake_failures_total', 'namespace, function'),
      },
    },
    {
      title: 'Replicas',
      unit: 'short',
      queries: {
        [`${perFunction} set`]: sum('catnap_function_replicas'),
        [`${perFunction} wanted`]: sum('catnap_autoscaler_desired_replicas'),
      },
    },
    {
      title: 'Changes of scale',
      unit: 'ops',
      queries: {
        '{{why}}': own('catnap_autoscaler_scale_changes_total', 'why'),
        failed: own('catnap_autoscaler_scale_failures_total', ''),
      },
    },
    {
      title: 'Knowledge of the load',
      unit: 'short',
      queries: {
        'load is known': `max(catnap_autoscaler_samples_available{${installation}})`,
        'failed readings per second': own('catnap_autoscaler_sample_failures_total', ''),
      },
    },
    {
      title: 'Warm pods',
      unit: 'short',
      queries: {
        'wanted {{namespace}}': 'sum by (namespace) (catnap_pool_size{namespace=~"$namespace"})',
        'ready {{namespace}}': 'sum by (namespace) (catnap_pool_ready_pods{namespace=~"$namespace"})',
      },
    },
    {
      title: 'Sleeping functions that warm pods could run',
      unit: 'ops',
      queries: { '{{outcome}}': own('catnap_pool_claims_total', 'outcome') },
    },
  ],
};

const platform: Row = {
  title: 'Operator and gateways',
  panels: [
    {
      title: 'Leader',
      unit: 'short',
      queries: { '{{pod}}': `leader_election_master_status{${installation}}` },
    },
    {
      title: 'Reconciles',
      unit: 'ops',
      queries: {
        '{{controller}} {{result}}': own('controller_runtime_reconcile_total', 'controller, result'),
      },
    },
    {
      title: 'Duration of reconciles (p95)',
      unit: 's',
      queries: {
        '{{controller}}': quantile(
          0.95,
          'controller_runtime_reconcile_time_seconds',
          ['controller'],
          installation,
        ),
      },
    },
    {
      title: 'Waiting reconciles',
      unit: 'short',
      queries: { '{{name}}': `max by (name) (workqueue_depth{${installation}})` },
    },
    {
      title: 'Calls of the Kubernetes API',
      unit: 'reqps',
      queries: { '{{container}} {{code}}': own('rest_client_requests_total', 'container, code') },
    },
    {
      title: 'Watches',
      unit: 'ops',
      queries: {
        '{{kind}} {{event}}': rate(
          'catnap_watch_events_total',
          'kind, event',
          `${installation}, event!="bookmark"`,
        ),
      },
    },
    {
      title: 'Announcements of pods',
      unit: 'ops',
      queries: { '{{outcome}}': own('catnap_announcements_total', 'outcome') },
    },
    {
      title: 'Connections of callers',
      unit: 'short',
      queries: { '{{pod}}': `catnap_client_connections{${installation}}` },
    },
    {
      title: 'CPU',
      unit: 'short',
      queries: { '{{pod}}': rate('process_cpu_seconds_total', 'pod', processes) },
    },
    {
      title: 'Memory',
      unit: 'bytes',
      queries: { '{{pod}}': `process_resident_memory_bytes{${processes}}` },
    },
    {
      title: 'Event loop lag (p99)',
      unit: 's',
      queries: { '{{pod}}': `nodejs_eventloop_lag_p99_seconds{${processes}}` },
    },
    {
      title: 'Versions',
      unit: 'short',
      queries: {
        '{{component}} {{version}}': `count by (component, version) (catnap_build_info{${installation}})`,
      },
    },
  ],
};

export const rows: Row[] = [calls, triggers, scaling, platform];
