import type { LaunchSpec } from '../wire.ts';
import { pathFaults } from './paths.ts';

/** A claim whose body is not a launch spec. */
export class LaunchSpecError extends Error {
  override readonly name = 'LaunchSpecError';
}

/**
 * Reads a launch spec, from a claim or from the file that one was kept in.
 * @throws LaunchSpecError naming every fault; never a value, which may be a secret.
 */
export function readLaunchSpec(body: Buffer): LaunchSpec {
  const spec = parse(body);
  const faults = [
    ...stringFaults(spec, 'function', FUNCTION_KEY, 'NAMESPACE/NAME'),
    ...stringFaults(spec, 'revision', REVISION, 'a revision'),
    ...environmentFaults(spec.env),
    ...fileFaults(spec),
    ...isolateFaults(spec.isolate),
  ];
  if (faults.length > 0) throw new LaunchSpecError(faults.join('; '));
  return spec as unknown as LaunchSpec;
}

type Fields = Record<string, unknown>;

function parse(body: Buffer): Fields {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new LaunchSpecError('it is not JSON');
  }
  if (!isFields(value)) throw new LaunchSpecError('it is not a JSON object');
  return value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const FUNCTION_KEY = /^[a-z0-9][-a-z0-9]*\/[a-z0-9][-a-z0-9]*$/;
const REVISION = /^[-.\w]{1,63}$/;

function stringFaults(spec: Fields, name: string, pattern: RegExp, what: string): string[] {
  const value = spec[name];
  return typeof value === 'string' && pattern.test(value) ? [] : [`${name} must be ${what}`];
}

function environmentFaults(env: unknown): string[] {
  if (!isFields(env)) return ['env must be an object'];
  return Object.entries(env).flatMap(([name, value]) => {
    // What setenv(3) does not take, or would cut short.
    if (name === '' || /[=\0]/.test(name)) return [`env has the name ${JSON.stringify(name)}`];
    if (typeof value !== 'string') return [`env.${name} must be a string`];
    return value.includes('\0') ? [`env.${name} has a NUL character`] : [];
  });
}

function isolateFaults(limits: unknown): string[] {
  if (limits === undefined) return [];
  if (!isFields(limits)) return ['isolate must be an object'];
  const { memoryMebibytes, cpuMillis = 1, idleSeconds } = limits;
  return Object.entries({ memoryMebibytes, cpuMillis, idleSeconds }).flatMap(([name, value]) =>
    Number.isSafeInteger(value) && Number(value) > 0 ? [] : [`isolate.${name} must be a positive integer`],
  );
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function fileFaults({ files = {}, binaryFiles = {} }: Fields): string[] {
  const faults: string[] = [];
  if (!isFields(files)) faults.push('files must be an object');
  if (!isFields(binaryFiles)) faults.push('binaryFiles must be an object');
  if (!isFields(files) || !isFields(binaryFiles)) return faults;
  for (const [path, content] of Object.entries(files)) {
    if (typeof content !== 'string') faults.push(`files[${JSON.stringify(path)}] must be a string`);
  }
  for (const [path, content] of Object.entries(binaryFiles)) {
    if (typeof content !== 'string' || content.length % 4 !== 0 || !BASE64.test(content)) {
      faults.push(`binaryFiles[${JSON.stringify(path)}] must be base64`);
    }
  }
  return [...faults, ...pathFaults([...Object.keys(files), ...Object.keys(binaryFiles)])];
}
