import { describe, expect, it } from 'vitest';
import { explainConnectionError } from './connection-error.ts';

const errorWith = (code: string) => Object.assign(new Error('said so'), { code });
const explain = (code: string) => explainConnectionError(errorWith(code), 'kafka.brokers', 'b:9092')?.message;

describe('explainConnectionError', () => {
  it('names the field and the cause', () => {
    expect(explain('ECONNREFUSED')).toBe(
      'cannot connect to b:9092: nothing listens there (ECONNREFUSED). Check kafka.brokers, and that the gateways may reach it.',
    );
    expect(explain('SELF_SIGNED_CERT_IN_CHAIN')).toMatch(/^no TLS connection to b:9092: said so.*ca\.crt\.$/);
  });

  it('leaves other errors alone', () => {
    expect(explain('WRONGPASS')).toBeUndefined();
  });
});
