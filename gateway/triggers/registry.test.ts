import { expect, it } from 'vitest';
import { triggerSources } from '#crds/function/triggers/registry.ts';
import { loadSource, sourceTypes } from './registry.ts';

it('knows every source that the API allows, and no other', () => {
  expect([...sourceTypes].sort()).toEqual(Object.keys(triggerSources).sort());
});

it('says so when it has none of a type', async () => {
  await expect(loadSource('pigeon', {} as never)).rejects.toThrow(/no source "pigeon".*older/);
  await expect(loadSource('toString', {} as never)).rejects.toThrow(/no source/);
});
