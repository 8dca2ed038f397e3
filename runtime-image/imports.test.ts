import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as announcement from '#crds/wire/announcement.ts';
import * as claim from '#crds/wire/claim.ts';
import * as environment from '#crds/wire/environment.ts';
import * as headers from '#crds/wire/headers.ts';
import * as launchSpec from '#crds/wire/launch-spec.ts';
import * as names from '#crds/wire/names.ts';
import * as wire from './nodejs26/wire.ts';

const folder = import.meta.dirname;
const runtimeSources = sources('nodejs26');

/** What the bundle may contain besides the runtime's own code. */
const PACKAGES = ['tar', 'yauzl'];

function sources(path: string): string[] {
  return readdirSync(join(folder, path), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => join(path, file));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(folder, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom|\bimport\(|\bimport)\s*'([^']+)'/g)].map(
    ([, specifier]) => specifier ?? '',
  );
}

it('finds the imports that it checks', () => {
  expect(importsOf('nodejs26/main.ts')).toContain('./wire.ts');
  expect(importsOf('nodejs26/main.ts')).toContain('./warm/warm-pod.ts');
});

it.each(runtimeSources)('%s imports nothing from outside the runtime image', (file) => {
  for (const specifier of importsOf(file)) {
    if (specifier.startsWith('node:') || PACKAGES.includes(specifier)) continue;
    expect(specifier, file).toMatch(/^\.{1,2}\//);
    expect(join(file, '..', specifier), file).toMatch(/^nodejs26\//);
  }
});

it('loads packages only for archives', () => {
  const users = runtimeSources.filter((file) =>
    importsOf(file).some((specifier) => PACKAGES.includes(specifier)),
  );
  expect(users.every((file) => file.startsWith('nodejs26/archive/'))).toBe(true);
});

describe('wire.ts', () => {
  it('agrees with crds/wire', () => {
    expect(wire.environment).toEqual(environment.environment);
    expect(wire.exitCodes).toEqual(environment.exitCodes);
    expect(wire.headers).toEqual(headers.headers);
    expect(wire.announceHeaders).toEqual(announcement.announceHeaders);
    expect(wire.ANNOUNCE_PATH).toBe(announcement.ANNOUNCE_PATH);
    expect(wire.rejections).toEqual(headers.rejections);
    expect(wire.PLATFORM_HEADER_PREFIX).toBe(headers.PLATFORM_HEADER_PREFIX);
    expect(wire.FUNCTION_PORT).toBe(names.FUNCTION_PORT);
    expect(wire.CLAIM_PORT).toBe(names.CLAIM_PORT);
    expect(wire.CLAIM_PATH).toBe(claim.CLAIM_PATH);
    expect(wire.claimHeaders).toEqual(claim.claimHeaders);
    expect(wire.claimMessage('pod', 'digest')).toBe(claim.claimMessage('pod', 'digest'));
    expect(wire.MAX_LAUNCH_SPEC_BYTES).toBe(launchSpec.MAX_LAUNCH_SPEC_BYTES);
  });

  it('has the same messages', () => {
    // Compiles only while each is assignable to the other.
    type Same<A, B> = [A, B] extends [B, A] ? true : false;
    const same: [
      Same<wire.TerminationMessage, environment.TerminationMessage>,
      Same<wire.LaunchSpec, launchSpec.LaunchSpec>,
      Same<wire.ClaimAnswer, claim.ClaimAnswer>,
    ] = [true, true, true];
    expect(same).toHaveLength(3);
  });
});
