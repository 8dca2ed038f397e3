import { describe, expect, it } from 'vitest';
import { type ForwardingOptions, requestHeaders } from './request-headers.ts';
import { responseHeaders } from './response-headers.ts';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

function sentToPod(received: [string, string][], options: Partial<ForwardingOptions> = {}) {
  const headers: Record<string, string> = {};
  for (const [name, value] of received) {
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
  const list = requestHeaders(
    { rawHeaders: received.flat(), headers, httpVersion: '1.1', socket: { remoteAddress: '10.1.2.3' } },
    { requestId: 'r1', prefix: '/fn/shop/hello', trustForwarded: false, ...options },
  );
  const sent: Record<string, string[]> = {};
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] as string;
    sent[name] = [...(sent[name] ?? []), list[i + 1] as string];
  }
  return sent;
}

describe('requestHeaders', () => {
  it('passes ordinary fields with all their values', () => {
    const sent = sentToPod([
      ['Accept', 'a/b'],
      ['X-Twice', '1'],
      ['X-Twice', '2'],
      ['Cookie', 'a=b'],
    ]);
    expect(sent).toMatchObject({ accept: ['a/b'], 'x-twice': ['1', '2'], cookie: ['a=b'] });
  });

  it('drops connection fields, also those that Connection names', () => {
    const sent = sentToPod([
      ['Connection', 'Keep-Alive, X-Private'],
      ['X-Private', '1'],
      ['Keep-Alive', 'timeout=5'],
      ['Transfer-Encoding', 'chunked'],
      ['TE', 'trailers'],
      ['Upgrade', 'h2c'],
      ['Proxy-Authorization', 'secret'],
      ['Proxy-Connection', 'keep-alive'],
      ['Trailer', 'x'],
      ['Expect', '100-continue'],
      ['Content-Length', '5'],
    ]);
    expect(Object.keys(sent).sort()).toEqual([
      'traceparent',
      'via',
      'x-forwarded-for',
      'x-forwarded-prefix',
      'x-forwarded-proto',
      'x-request-id',
    ]);
  });

  it('drops what only the platform may say', () => {
    const sent = sentToPod([
      ['X-Catnap-Attempt', '9'],
      ['x-catnap-anything', '1'],
      ['X-Forwarded-For', '6.6.6.6'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-Host', 'bank'],
      ['X-Forwarded-Prefix', '/evil'],
      ['Forwarded', 'for=6.6.6.6'],
      ['X-Request-Id', 'other'],
      ['Host', 'real:8080'],
    ]);
    expect(sent).toMatchObject({
      host: ['real:8080'],
      'x-forwarded-for': ['10.1.2.3'],
      'x-forwarded-proto': ['http'],
      'x-forwarded-host': ['real:8080'],
      'x-forwarded-prefix': ['/fn/shop/hello'],
      'x-request-id': ['r1'],
    });
    expect(Object.keys(sent).filter((name) => name.startsWith('x-catnap') || name === 'forwarded')).toEqual(
      [],
    );
  });

  it('continues X-Forwarded-* of a trusted proxy', () => {
    const sent = sentToPod(
      [
        ['X-Forwarded-For', '1.2.3.4'],
        ['X-Forwarded-Proto', 'https'],
        ['X-Forwarded-Host', 'shop.example'],
        ['X-Forwarded-Prefix', '/api'],
        ['Via', '1.1 edge'],
      ],
      { trustForwarded: true },
    );
    expect(sent).toMatchObject({
      'x-forwarded-for': ['1.2.3.4, 10.1.2.3'],
      'x-forwarded-proto': ['https'],
      'x-forwarded-host': ['shop.example'],
      'x-forwarded-prefix': ['/api/fn/shop/hello'],
      via: ['1.1 edge, 1.1 catnap'],
    });
  });

  it('keeps tracestate only beside a valid traceparent', () => {
    const state: [string, string] = ['Tracestate', 'a=1'];
    expect(sentToPod([['Traceparent', TRACEPARENT], state])).toMatchObject({
      traceparent: [TRACEPARENT],
      tracestate: ['a=1'],
    });
    const broken = sentToPod([['Traceparent', 'nonsense'], state]);
    expect(broken.tracestate).toBeUndefined();
    expect(broken.traceparent?.[0]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-02$/);
    expect(sentToPod([state]).tracestate).toBeUndefined();
  });
});

describe('responseHeaders', () => {
  it('drops connection fields and platform fields and sets the request id', () => {
    const sent = responseHeaders(
      {
        'content-type': 'text/plain',
        'set-cookie': ['a=1', 'b=2'],
        connection: 'close, x-private',
        'x-private': '1',
        'keep-alive': 'timeout=5',
        'transfer-encoding': 'chunked',
        upgrade: 'h2c',
        'x-catnap-error': 'HandlerError',
        'x-request-id': 'forged',
        'content-length': '3',
      },
      'r1',
    );
    expect(sent).toEqual([
      ...['content-type', 'text/plain'],
      ...['set-cookie', 'a=1'],
      ...['set-cookie', 'b=2'],
      ...['content-length', '3'],
      ...['x-request-id', 'r1'],
    ]);
  });
});
