import { describe, expect, it } from 'vitest';
import { aTrigger, cron, triggered } from './fixtures.ts';
import { type Credentials, resolveTriggers, secretNames } from './spec.ts';

const secretRef = { name: 'broker' };
const read = (plain: Buffer | undefined) => plain && JSON.parse(plain.toString());

describe('resolveTriggers', () => {
  it('puts the credentials beside the source, and batch and concurrency with them', () => {
    const fn = triggered([aTrigger({ secretRef, batch: { maxEvents: 50, maxWaitMilliseconds: 9 } })]);
    const { plain, obstacles } = resolveTriggers(fn, new Map([['broker', { password: 'p' }]]));
    expect(read(plain)).toEqual({
      function: 'shop/hello',
      triggers: [
        {
          name: 'nightly',
          type: 'cron',
          config: cron,
          credentials: { password: 'p' },
          batch: { maxEvents: 50, maxWaitMilliseconds: 9 },
          concurrency: 10,
        },
      ],
    });
    expect(obstacles.size).toBe(0);
  });

  it('gives the same bytes for the same content, in whatever order it was written', () => {
    const { name, cron: source, ...rest } = aTrigger();
    const other = triggered([{ cron: source, ...rest, name } as ReturnType<typeof aTrigger>]);
    expect(resolveTriggers(other, new Map()).plain).toEqual(resolveTriggers(triggered(), new Map()).plain);
  });

  it.each<[Credentials | undefined, string, RegExp]>([
    ['missing', 'SecretMissing', /^Secret "broker".*does not exist.*Create it/],
    [undefined, 'SecretMissing', /does not exist/],
    ['forbidden', 'SecretForbidden', /may not read Secret "broker".*functions\.triggers\.secrets=true/],
    ['too large', 'TriggerInvalid', /more than 64 KiB/],
  ])('leaves out a trigger whose Secret is %s, and says why', (found, reason, message) => {
    const fn = triggered([aTrigger({ name: 'a' }), aTrigger({ name: 'b', secretRef })]);
    const secrets = new Map(found ? [['broker', found]] : []);
    const { plain, obstacles } = resolveTriggers(fn, secrets);
    expect(read(plain).triggers.map(({ name }: { name: string }) => name)).toEqual(['a']);
    expect([...obstacles.keys()]).toEqual(['b']);
    expect(obstacles.get('b')).toMatchObject({ status: 'False', reason });
    expect(obstacles.get('b')?.message).toMatch(message);
  });

  it('makes nothing when no trigger could run', () => {
    const fn = triggered([aTrigger({ secretRef })]);
    expect(resolveTriggers(fn, new Map()).plain).toBeUndefined();
  });
});

it('names each Secret once', () => {
  const fn = triggered([
    aTrigger({ secretRef }),
    aTrigger({ name: 'b', secretRef }),
    aTrigger({ name: 'c' }),
  ]);
  expect([...secretNames(fn)]).toEqual(['broker']);
});
