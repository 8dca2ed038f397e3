import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CloudEvent } from './event.ts';
import { eventMessage, receiveEvents } from './http-message.ts';
import { decodeBatch } from './json-format.ts';

const event: CloudEvent = {
  id: 'e-1',
  type: 'shop.order.created',
  source: '/orders',
  subject: 'order 17 "größer" 100%',
  time: '2026-01-02T03:04:05.678Z',
  contentType: 'application/json',
  data: Buffer.from('{"n":12345678901234567890}'),
  extensions: { partition: '3' },
};

/** Flat list to what node:http makes of it. */
function received(headers: readonly string[]): Record<string, string> {
  const pairs = headers.flatMap((name, i) => (i % 2 === 0 ? [[name, headers[i + 1]]] : []));
  return Object.fromEntries(pairs);
}

describe('a single event', () => {
  it('is a request in binary mode, with what headers cannot hold percent-encoded', () => {
    const { headers, body } = eventMessage([event]);
    expect(received(headers)).toEqual({
      'content-type': 'application/json',
      'ce-specversion': '1.0',
      'ce-id': 'e-1',
      'ce-type': 'shop.order.created',
      'ce-source': '/orders',
      'ce-subject': 'order%2017%20%22gr%C3%B6%C3%9Fer%22%20100%25',
      'ce-time': '2026-01-02T03:04:05.678Z',
      'ce-partition': '3',
    });
    expect(body).toBe(event.data);
  });

  it('comes back as it was, whatever its attributes hold', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(text, text, text, fc.uint8Array(), (id, type, subject, bytes) => {
        const sent = { id, type, source: '/s', subject, data: Buffer.from(bytes) };
        const { headers, body } = eventMessage([sent]);
        expect(headers.join('')).toMatch(/^[\x20-\x7e]*$/);
        expect(receiveEvents(received(headers), body)).toEqual({ events: [sent], isBatch: false });
      }),
    );
  });

  it('is read in structured mode too', () => {
    const structured = {
      specversion: '1.0',
      id: 'e-1',
      type: 'a.b',
      source: '/s',
      datacontenttype: 'application/json',
      data: { a: 1 },
      sequence: 5,
      subject: null,
    };
    expect(
      receiveEvents(
        { 'content-type': 'application/cloudevents+json; charset=utf-8' },
        Buffer.from(JSON.stringify(structured)),
      ).events,
    ).toEqual([
      {
        id: 'e-1',
        type: 'a.b',
        source: '/s',
        contentType: 'application/json',
        data: Buffer.from('{"a":1}'),
        extensions: { sequence: '5' },
      },
    ]);
  });
});

describe('a batch', () => {
  it('holds JSON as it is, other text as a string, and anything else in base64', () => {
    const base = { id: '1', type: 't', source: '/s' };
    const { headers, body } = eventMessage(
      [
        event,
        { ...base, contentType: 'text/plain', data: Buffer.from('hü') },
        { ...base, contentType: 'application/octet-stream', data: Buffer.from([0, 255]) },
        { ...base, contentType: 'application/json', data: Buffer.from('{broken') },
        { ...base, data: Buffer.alloc(0) },
      ],
      true,
    );
    expect(received(headers)).toEqual({ 'content-type': 'application/cloudevents-batch+json' });
    expect(body.toString()).toContain('"data":{"n":12345678901234567890}');
    const [, text, bytes, broken, empty] = JSON.parse(body.toString());
    expect(text).toMatchObject({ specversion: '1.0', data: 'hü' });
    expect(bytes).toMatchObject({ data_base64: 'AP8=' });
    expect(broken).toMatchObject({ data_base64: Buffer.from('{broken').toString('base64') });
    expect(empty).toEqual({ specversion: '1.0', ...base });
    expect(
      decodeBatch(body)
        .slice(1, 4)
        .map(({ data }) => data.toString('latin1')),
    ).toEqual([Buffer.from('hü').toString('latin1'), '\x00\xff', '{broken']);
  });
});

describe('what is no event is refused with a reason', () => {
  const binary = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-type': 't', 'ce-source': '/s' };
  it.each([
    [{ 'content-type': 'application/json' }, /no CloudEvent: send ce-specversion/],
    [{ ...binary, 'ce-id': '' }, /id is missing/],
    [{ ...binary, 'ce-specversion': '0.3' }, /specversion is "0.3"; only "1.0"/],
    [{ ...binary, 'ce-time': 'yesterday' }, /time is "yesterday".*RFC 3339/],
    [{ ...binary, 'ce-source': '/a%20b' }, /source must be a URI reference/],
    [{ ...binary, 'ce-my_ext': 'x' }, /"my_ext" is no attribute name/],
    [{ ...binary, 'ce-subject': '%FF' }, /ce-subject is not valid percent-encoded/],
    [{ ...binary, 'ce-big': 'x'.repeat(5_000) }, /big has more than 4096/],
    [{ 'content-type': 'application/cloudevents+avro' }, /avro is not supported/],
  ])('binary %#', (headers, message) => {
    expect(() => receiveEvents(headers as never, Buffer.alloc(0))).toThrow(message);
  });

  const good = { specversion: '1.0', id: '1', type: 't', source: '/s' };
  it.each([
    ['cloudevents+json', '{', /not JSON/],
    ['cloudevents+json', [good], /JSON object/],
    ['cloudevents+json', { ...good, type: undefined }, /type is missing/],
    ['cloudevents+json', { ...good, data: 1, data_base64: 'AA==' }, /either data, or data_base64/],
    ['cloudevents+json', { ...good, subject: { a: 1 } }, /subject must be a string/],
    ['cloudevents-batch+json', good, /JSON array/],
    ['cloudevents-batch+json', [], /no events/],
    ['cloudevents-batch+json', [good, { ...good, id: '' }], /Event 2: .*id is missing/],
    ['cloudevents-batch+json', Array(1_001).fill(good), /at most 1000/],
  ])('%s %#', (type, content, message) => {
    const body = typeof content === 'string' ? content : JSON.stringify(content);
    expect(() => receiveEvents({ 'content-type': `application/${type}` }, Buffer.from(body))).toThrow(
      message,
    );
  });
});
