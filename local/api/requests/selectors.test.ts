import { describe, expect, it } from 'vitest';
import { parseFieldSelector } from './field-selector.ts';
import { formatSelector, parseLabelSelector, selectorObjectMatcher } from './label-selector.ts';

describe('label selectors', () => {
  const labels = { tier: 'web', 'example.com/env': 'dev', count: '5' };

  it.each([
    ['tier=web', true],
    ['tier==web', true],
    ['tier!=web', false],
    ['missing!=web', true],
    ['tier in (web,db)', true],
    ['tier notin (web, db)', false],
    ['missing notin (web)', true],
    ['example.com/env', true],
    ['!example.com/env', false],
    ['count>4', true],
    ['count<5', false],
    ['missing>1', false],
    ['tier=web,example.com/env in (dev,test),!missing', true],
    ['tier=web,missing', false],
    ['missing=', false],
  ])('%s', (text, expected) => {
    expect(parseLabelSelector(text).matches(labels)).toBe(expected);
  });

  it.each(['tier in (web', 'a b', '=x', 'a=b=c', 'a=-x', `a=${'x'.repeat(64)}`])('refuses %s', (text) => {
    expect(() => parseLabelSelector(text)).toThrow(/unable to parse requirement/);
  });

  it('in object form select everything when empty and nothing when absent', () => {
    expect(selectorObjectMatcher({})(labels)).toBe(true);
    expect(selectorObjectMatcher(undefined)(labels)).toBe(false);
    const selector = {
      matchLabels: { tier: 'web' },
      matchExpressions: [
        { key: 'count', operator: 'In', values: ['5', '4'] },
        { key: 'missing', operator: 'DoesNotExist' },
      ],
    };
    expect(selectorObjectMatcher(selector)(labels)).toBe(true);
    expect(selectorObjectMatcher(selector)({ ...labels, missing: '' })).toBe(false);
    expect(formatSelector(selector)).toBe('tier=web,count in (4,5),!missing');
  });
});

describe('field selectors', () => {
  const fields = { 'metadata.name': () => 'a', 'status.phase': () => 'Running' };
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } };

  it('compare the fields a resource offers', () => {
    expect(parseFieldSelector('status.phase=Running,metadata.name!=b', fields).matches(object)).toBe(true);
    expect(parseFieldSelector('status.phase!=Running', fields).matches(object)).toBe(false);
    expect(() => parseFieldSelector('constructor=x', fields)).toThrow(
      'field label not supported: constructor',
    );
    expect(() => parseFieldSelector('metadata.name', fields)).toThrow(/invalid selector/);
  });
});
