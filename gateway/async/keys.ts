/**
 * What asynchronous calls look like in Redis. Scripts make keys by appending to a prefix that they are given, so this
 * works on a single master (with replicas), not on Redis Cluster.
 *
 * | Key | Type | Holds |
 * |---|---|---|
 * | `catnap:invocation:ID` | hash | the record, see records.ts; expires once the call has ended |
 * | `catnap:payload:ID` | string | the sealed request, until the call has ended |
 * | `catnap:response:ID` | string | the sealed response |
 * | `catnap:async:ready:FUNCTION` | list | ids that can be delivered now, oldest first |
 * | `catnap:async:ring` | sorted set | functions whose list is not empty, by whose turn it is |
 * | `catnap:async:turn` | integer | the last turn given |
 * | `catnap:async:delayed` | sorted set | ids by the time from which on they can be delivered, in ms |
 * | `catnap:async:backlog` | hash | unfinished calls by function |
 * | `catnap:async:gateways` | hash | gateways by how often they said that they live |
 * | `catnap:async:taken:GATEWAY` | set | ids that a gateway has in hand |
 * | `catnap:async:index:FUNCTION` | sorted set | the newest ids of a function, by acceptance |
 * | `catnap:async:dead:FUNCTION` | sorted set | ids of its dead letters, by time |
 * | `catnap:async:dead-functions` | sorted set | functions with dead letters, by how many |
 * | `catnap:dead-letter:ID` | hash | a dead letter, see dead-letters.ts |
 */
const PREFIX = 'catnap:async:';

export const keys = {
  record: (id: string) => `catnap:invocation:${id}`,
  payload: (id: string) => `catnap:payload:${id}`,
  response: (id: string) => `catnap:response:${id}`,
  readyPrefix: `${PREFIX}ready:`,
  recordPrefix: 'catnap:invocation:',
  payloadPrefix: 'catnap:payload:',
  ready: (functionKey: string) => `${PREFIX}ready:${functionKey}`,
  ring: `${PREFIX}ring`,
  turn: `${PREFIX}turn`,
  delayed: `${PREFIX}delayed`,
  backlog: `${PREFIX}backlog`,
  gateways: `${PREFIX}gateways`,
  taken: (gatewayId: string) => `${PREFIX}taken:${gatewayId}`,
  index: (functionKey: string) => `${PREFIX}index:${functionKey}`,
  dead: (functionKey: string) => `${PREFIX}dead:${functionKey}`,
  deadFunctions: `${PREFIX}dead-functions`,
  deadLetter: (id: string) => `catnap:dead-letter:${id}`,
  deadLetterPrefix: 'catnap:dead-letter:',
} as const;

export const channels = {
  /** Work has come for a function that had none waiting; the message is its key. */
  ready: 'catnap:async:ready',
  /** A call shall be aborted wherever it runs; the message is its id. */
  cancel: 'catnap:async:cancel',
  /** A call's state changed; the message is the state. */
  changed: (id: string) => `catnap:async:changed:${id}`,
} as const;
