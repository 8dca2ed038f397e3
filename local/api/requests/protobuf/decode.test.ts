import { describe, expect, it } from 'vitest';
import { decodeProtobuf } from './decode.ts';

/** What kubectl 1.35 sends for `create configmap a --from-literal=x=y`. */
const CONFIG_MAP =
  '6b3873000a0f0a0276311209436f6e6669674d6170121b0a110a016112001a0022002a00320038004200120' +
  '60a01781201791a002200';

const bytes = (...values: (number | string)[]) =>
  Buffer.concat(values.map((it) => (typeof it === 'string' ? Buffer.from(it) : Buffer.from([it]))));
const field = (number: number, content: Buffer | string) =>
  bytes((number << 3) | 2, content.length, content.toString('latin1'));
const body = (kind: string, raw: Buffer) =>
  bytes(
    'k8s\0',
    field(1, Buffer.concat([field(1, 'v1'), field(2, kind)])).toString('latin1'),
    field(2, raw).toString('latin1'),
  );

describe('bodies in protobuf', () => {
  it('are read as kubectl writes them', () => {
    expect(decodeProtobuf(Buffer.from(CONFIG_MAP, 'hex'))).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', generation: 0 },
      data: { x: 'y' },
    });
  });

  it('keep zero where it means something', () => {
    const spec = bytes(0x08, 0);
    expect(decodeProtobuf(body('Deployment', field(2, spec)))).toMatchObject({ spec: { replicas: 0 } });
  });

  it('are refused when they carry what is not known here', () => {
    expect(() => decodeProtobuf(body('Job', bytes()))).toThrow('kind "Job" is not understood');
    const spec = field(3, field(2, field(1, 'volume')));
    expect(() => decodeProtobuf(body('Deployment', field(2, spec)))).toThrow('field 1 of PodSpec');
  });

  it('are refused when they are cut off or no messages', () => {
    expect(() => decodeProtobuf(Buffer.from('{}'))).toThrow('does not begin with the k8s prefix');
    expect(() => decodeProtobuf(Buffer.from(CONFIG_MAP, 'hex').subarray(0, -9))).toThrow(/ends within/);
    expect(() => decodeProtobuf(body('ConfigMap', bytes(0x0b)))).toThrow('wire type 3');
  });
});
