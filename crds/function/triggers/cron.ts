import Type from 'typebox';
import { rule, stringEnum } from '../schema-helpers.ts';

const names = (text: string) => `(?i:${text.split(' ').join('|')})`;
const field = (value: string) => {
  const part = `([*](/[1-9][0-9]?)?|${value}(-${value}(/[1-9][0-9]?)?)?)`;
  return `${part}(,${part})*`;
};

const MINUTE = field('[0-5]?[0-9]');
const HOUR = field('([01]?[0-9]|2[0-3])');
const DAY = field('(0?[1-9]|[12][0-9]|3[01])');
const MONTH = field(`(0?[1-9]|1[0-2]|${names('jan feb mar apr may jun jul aug sep oct nov dec')})`);
const WEEKDAY = field(`(0?[0-7]|${names('sun mon tue wed thu fri sat')})`);
const SCHEDULE = `^${[MINUTE, HOUR, DAY, MONTH, WEEKDAY].join(' +')}$`;

export const cron = Type.Object(
  {
    schedule: Type.String({
      maxLength: 128,
      description:
        "Minute, hour, day of month, month and day of week, as in crontab(5): '*/15 8-18 * * mon-fri'.",
      'x-kubernetes-validations': [
        rule(
          `self.matches('${SCHEDULE}')`,
          "schedule must have five fields: minute (0-59), hour (0-23), day of month (1-31), month (1-12 or jan-dec) and day of week (0-7 or sun-sat), for example '*/15 8-18 * * mon-fri'",
        ),
      ],
    }),
    timeZone: Type.String({
      maxLength: 64,
      pattern: '^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$',
      default: 'UTC',
      description: 'IANA time zone that the schedule is meant in, for example Europe/Vienna.',
    }),
    missedRuns: stringEnum(['skip', 'runOnce'], {
      default: 'skip',
      description:
        'What becomes of runs that fell into a time when no gateway could start them: nothing (skip), or one run for all of them (runOnce).',
    }),
    overlap: stringEnum(['allow', 'skip'], {
      default: 'allow',
      description:
        'Whether a run that is due while the one before has not ended is started all the same (allow) or left out (skip).',
    }),
    data: Type.Optional(
      Type.String({
        maxLength: 65536,
        description: 'What each event carries; the scheduled time, as JSON, when absent.',
      }),
    ),
  },
  { description: 'Calls the function at set times.' },
);
