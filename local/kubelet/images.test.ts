import { describe, expect, it } from 'vitest';
import { findImage, unknownImageMessage } from './images.ts';

const image = { command: ['/bin/x'] };

describe('findImage', () => {
  it.each([
    ['web', 'web', true],
    ['web:latest', 'web', true],
    ['web', 'docker.io/library/web:latest', true],
    ['docker.io/me/web:1', 'me/web:1', true],
    ['web:1', 'web', false],
    ['registry:5000/web', 'registry:5000/web:latest', true],
    ['constructor', 'web', false],
  ])('%s in a map with %s: %s', (wanted, known, found) =>
    expect(findImage({ [known]: image }, wanted) === image).toBe(found),
  );

  it('says which images there are', () => {
    expect(unknownImageMessage('a', { b: image })).toContain('known: b');
  });
});
