import { expect, it } from 'vitest';
import { parseOptions, usage } from './options.ts';

it('leaves defaults to the scenario', () => {
  expect(parseOptions(['burst', '--json'])).toMatchObject({
    scenario: 'burst',
    cluster: 'local',
    json: true,
  });
  const options = parseOptions(['coldstart', '--class', 'pooled', '--count', '12', '--cluster', 'real']);
  expect(options).toMatchObject({ class: 'pooled', count: 12, cluster: 'real', keep: false });
  expect(parseOptions(['--help'])).toBeUndefined();
});

it('gives pools their size only where a scenario is about them', () => {
  expect(parseOptions(['burst'])?.pool).toBe(30);
  expect(parseOptions(['burst', '--pool', '3'])?.pool).toBe(3);
  expect(parseOptions(['noisy', '--pool', '30'])?.pool).toBe(30);
  expect(parseOptions(['noisy'])?.pool).toBeUndefined();
  expect(parseOptions(['warm'])?.pool).toBeUndefined();
});

it.each([
  [[], 'Name one scenario'],
  [['hot'], 'Name one scenario'],
  [['warm', 'overload'], 'Name one scenario'],
  [['warm', '--cluster', 'moon'], '--cluster moon: must be one of local, current, real'],
  [['warm', '--class', 'first'], '--class first: must be one of pooled, dedicated, isolate'],
  [['warm', '--keep'], '--keep goes with --cluster real'],
  [['warm', '--seconds', '0'], '--seconds 0: must be a whole number above 0'],
  [['soak', '--seconds', '5'], '--seconds does not go with soak'],
  [['warm', '--pool', '5'], '--pool does not go with warm'],
  [['burst', '--interval', '5'], '--interval does not go with burst'],
  [['warm', '--minutes', '5'], '--minutes does not go with warm'],
  [['triggers', '--cluster', 'real'], 'triggers goes with --cluster local: the servers'],
])('refuses %j', (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});

it('explains every option', () => {
  const all = [
    'class',
    'cluster',
    'count',
    'seconds',
    'functions',
    'minutes',
    'interval',
    'pool',
    'keep',
    'json',
  ];
  for (const name of all) {
    expect(usage).toContain(`--${name}`);
  }
});
