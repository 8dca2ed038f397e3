import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TriggerEvent } from '#gateway/triggers/source.ts';
import { ensureMinio, minioPrerequisite, startMinio, type TestMinio } from '#test/harness/brokers/minio.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Fixture, startFixture } from '#test/integration/gateway/fixture.ts';

const TOKEN = 'of-the-bucket';
const missing = minioPrerequisite();

describe.skipIf(missing !== undefined)(`a bucket of MinIO${missing ? ` (${missing})` : ''}`, () => {
  let gateway: Fixture;
  let minio: TestMinio;
  let attempts: string[];
  let events: TriggerEvent[];
  let accepting: boolean;

  beforeAll(async () => {
    await ensureMinio();
    const trigger = {
      ...{ name: 'bucket', type: 's3', config: { webhook: {} }, credentials: { token: TOKEN } },
      ...{ batch: { maxEvents: 1, maxWaitMilliseconds: 200 }, concurrency: 10 },
    };
    gateway = await startFixture(
      {},
      {
        hookPort: {
          find: async (key, name) => (key === 'shop/resize' && name === 'bucket' ? trigger : undefined),
          async deliver(_key, _trigger, batch) {
            attempts.push(...batch.map(({ id }) => id));
            if (!accepting) throw new Error('not now');
            events.push(...batch);
          },
        },
      },
    );
    const url = `http://127.0.0.1:${gateway.port}/hooks/shop/resize/bucket`;
    minio = await startMinio({ url, token: TOKEN });
    await minio.createBucket('photos');
  }, 15 * 60_000);
  afterAll(async () => {
    await minio?.stop();
    await gateway?.stop();
  });
  beforeEach(() => {
    attempts = [];
    events = [];
    accepting = true;
  });

  const arrived = (count: number) =>
    waitFor(() => events.length >= count, { timeoutMs: 20_000, describe: `${count} events`, intervalMs: 10 });

  it('tells of objects that come and go', async () => {
    await minio.put('photos', 'summer 2026/é+1.jpg', 'x');
    await arrived(1);
    await minio.remove('photos', 'summer 2026/é+1.jpg');
    await arrived(2);
    expect(events[0]).toMatchObject({
      id: expect.stringMatching(/^[0-9A-F]{16}\.[0-9a-f]{16}$/),
      type: 'com.amazonaws.s3.ObjectCreated:Put',
      source: 'minio:s3..photos',
      subject: 'summer 2026/é+1.jpg',
      time: expect.stringMatching(/^20\d\d-.*Z$/),
      contentType: 'application/json',
      extensions: { bucket: 'photos', sequencer: expect.stringMatching(/^[0-9A-F]+$/) },
      key: 'photos/summer 2026/é+1.jpg',
    });
    expect(JSON.parse(String(events[0]?.data)).s3.object).toMatchObject({
      size: 1,
      contentType: 'text/plain;charset=UTF-8',
    });
    expect(events[1]?.type).toBe('com.amazonaws.s3.ObjectRemoved:Delete');
  });

  it('sends again what was not taken, also after MinIO was killed', async () => {
    accepting = false;
    await minio.put('photos', 'first', 'x');
    await minio.put('photos', 'second', 'x');
    await waitFor(() => attempts.length >= 1, { timeoutMs: 20_000, describe: 'an attempt', intervalMs: 10 });
    await minio.kill();
    accepting = true;
    await minio.start();
    await waitFor(() => new Set(events.map(({ subject }) => subject)).size === 2, {
      timeoutMs: 20_000,
      describe: 'both objects',
      intervalMs: 10,
    });
    expect(events.map(({ id }) => id)).toContain(attempts[0]);
  });
});
