import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { TriggerBook } from './trigger-book.ts';
import { registerTriggerFamilies } from './trigger-metrics.ts';
import { TriggerState } from './trigger-state.ts';

function add(book: TriggerBook, functionKey: string, name = 'orders'): TriggerState {
  const state = new TriggerState(functionKey, name, 'kafka', (changed) => book.changed(changed));
  book.add(state);
  return state;
}

const reported = (book: TriggerBook) => (book.report().triggers ?? []).map(({ function: fn }) => fn);

it('reports nothing without triggers', () => {
  expect(new TriggerBook().report()).toEqual({});
});

it('reports all of few in every sample', () => {
  const book = new TriggerBook();
  for (let i = 0; i < 500; i++) add(book, `shop/f${i}`);
  for (let sample = 0; sample < 20; sample++) expect(new Set(reported(book)).size).toBe(500);
});

it('reports each of many in its turn, and those that changed at once', () => {
  const book = new TriggerBook();
  const states = Array.from({ length: 5_000 }, (_, i) => add(book, `shop/f${i}`));
  // Until the news of the beginning is told.
  for (let sample = 0; sample < 60; sample++) reported(book);
  const seen = new Set<string>();
  for (let sample = 0; sample < 10; sample++) for (const fn of reported(book)) seen.add(fn);
  expect(seen.size).toBe(5_000);
  states[1_234]?.set('TriggerDisconnected', 'lost');
  expect(reported(book)).toContain('f1234');
  const [first] = states;
  if (first) book.remove(first);
  for (let sample = 0; sample < 12; sample++) expect(reported(book)).not.toContain('f0');
});

it('shows counters, lag and connection, and nothing of what is gone', async () => {
  const book = new TriggerBook();
  const registry = new Registry();
  registerTriggerFamilies(registry, book);
  const state = add(book, 'shop/hello');
  const counts = book.countsOf(state);
  const labels = 'namespace="shop",function="hello",trigger="orders",type="kafka"';
  expect(await registry.metrics()).toContain(
    `catnap_trigger_events_total{${labels},result="dead_lettered"} 0`,
  );
  expect(await registry.metrics()).not.toContain('catnap_trigger_lag{');
  counts.succeeded += 3;
  state.lag = 17;
  state.set('TriggerConnected', 'fine');
  const metrics = await registry.metrics();
  expect(metrics).toContain(`catnap_trigger_events_total{${labels},result="succeeded"} 3`);
  expect(metrics).toContain(`catnap_trigger_lag{${labels}} 17`);
  expect(metrics).toContain(`catnap_trigger_connected{${labels}} 1`);
  // Another gateway runs it now: what was counted stays.
  book.remove(state);
  expect(await registry.metrics()).not.toContain('catnap_trigger_connected{');
  expect(await registry.metrics()).toContain(`{${labels},result="succeeded"} 3`);
  book.keepOnly('shop/hello', new Set(['other']));
  expect(await registry.metrics()).not.toContain('hello');
});
