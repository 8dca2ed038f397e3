/** What changes elsewhere: rows of a database, objects of the cluster. */
import { createKubeClient } from '#kube/client.ts';
import { loadKubeConfig } from '#kube/kube-config.ts';
import { configMaps } from '#kube/resource.ts';
import { createTriggerUser, startPostgres } from '#test/harness/brokers/postgres.ts';
import { type Broker, EVENTS, MIDDLE, ONE_AT_A_TIME } from './broker.ts';

export const postgres: Broker = {
  // Rows are confirmed each second, which the server may write down minutes later: when it dies, all may come again.
  functions: { 'postgres-rows': 3 * MIDDLE + 2 * EVENTS + 2 + ONE_AT_A_TIME, 'postgres-notify': undefined },
  async start() {
    const server = await startPostgres();
    const credentials = await createTriggerUser(server);
    await server.sql('CREATE TABLE shop.orders (id text PRIMARY KEY)');
    await server.sql('ALTER TABLE shop.orders OWNER TO catnap');
    const database = { host: '127.0.0.1', port: server.port, database: 'postgres', sslMode: 'disable' };
    return {
      triggers: {
        'postgres-rows': {
          source: { postgres: { ...database, changes: { tables: ['shop.orders'] } } },
          credentials,
          async publish(ids) {
            // A transaction for each, since the position is never within one.
            await server.sql(`
              DO $$ DECLARE id text; BEGIN
                FOREACH id IN ARRAY '{${ids.join()}}'::text[] LOOP
                  INSERT INTO shop.orders VALUES (id);
                  COMMIT;
                END LOOP;
              END $$`);
          },
        },
        'postgres-notify': {
          source: { postgres: { ...database, listen: { channels: ['jobs'] } } },
          credentials,
          async publish(ids) {
            for (const id of ids) await server.sql("SELECT pg_notify('jobs', $1)", [id]);
          },
        },
      },
      kill: server.kill,
      restart: server.start,
      stop: server.stop,
    };
  },
};

export const kubernetes: Broker = {
  // A gateway that begins to watch hands over every object that there is.
  functions: { objects: 2 * MIDDLE + EVENTS + 2 },
  async start({ platform, namespace }) {
    const kubeConfig = loadKubeConfig({ file: platform.kubeconfig });
    const client = createKubeClient({ component: 'test', kubeConfig });
    const create = (name: string) =>
      client.create(configMaps, { metadata: { namespace, name, labels: { watched: 'yes' } } });
    const objects = { apiVersion: 'v1', kind: 'ConfigMap', labelSelector: 'watched=yes', events: ['Added'] };
    return {
      triggers: {
        objects: {
          source: { kubernetes: { ...objects, existing: true } },
          credentials: { token: kubeConfig.getCurrentUser()?.token ?? '' },
          async publish(ids) {
            await Promise.all(ids.map(create));
          },
        },
      },
      kill: platform.cluster.kill,
      restart: platform.cluster.start,
      stop: () => client.close(),
    };
  },
};
