/** The settings of a Kafka node that is broker and controller in one. */
import type { KeyPair } from '#kube/testing/certificates.ts';

export interface NodeOptions {
  dataDir: string;
  /** Without TLS and users, for the test itself. */
  plainPort: number;
  /** With TLS and SASL: PLAIN and SCRAM-SHA-512. */
  securePort: number;
  controllerPort: number;
  server: KeyPair;
  username: string;
  password: string;
}

/** As a properties file. */
export function nodeProperties(options: NodeOptions): string {
  const settings = { ...fixed, ...addresses(options), ...security(options) };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value.trim().replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`)
    .join('');
}

const fixed = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  'auto.create.topics.enable': 'false',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '1',
  'group.initial.rebalance.delay.ms': '0',
  // A node that was killed may come back when its old session is over.
  'broker.session.timeout.ms': '1000',
  'broker.heartbeat.interval.ms': '200',
  // Few files and threads: it serves one test.
  'num.network.threads': '2',
  'num.io.threads': '2',
  'log.cleaner.enable': 'false',
};

const addresses = ({ dataDir, plainPort, securePort, controllerPort }: NodeOptions) => ({
  'log.dirs': dataDir,
  'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
  listeners: `PLAIN://127.0.0.1:${plainPort},SECURE://127.0.0.1:${securePort},CONTROLLER://127.0.0.1:${controllerPort}`,
  'listener.security.protocol.map': 'PLAIN:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT',
  'inter.broker.listener.name': 'PLAIN',
});

const security = ({ server, username, password }: NodeOptions) => ({
  'ssl.keystore.type': 'PEM',
  'ssl.keystore.certificate.chain': server.cert,
  'ssl.keystore.key': server.key,
  'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
  'listener.name.secure.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";`,
  'listener.name.secure.scram-sha-512.sasl.jaas.config':
    'org.apache.kafka.common.security.scram.ScramLoginModule required;',
});
