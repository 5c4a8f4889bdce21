import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { QueueWiring } from '../../../local/wiring.ts';
import { fetchArtifacts } from '../artifacts/fetch.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { eventually } from '../cluster/eventually.ts';

/** A running queue server with the queues of serverless.yml. */
export type QueueServer = {
  readonly endpoint: string;
  /** URL of a queue by its logical id. */
  readonly urlOf: (logicalId: string) => string;
  /** What this server gives as the sender of every message. */
  readonly senderId: string;
  readonly stop: () => void;
};

const PORT = 9324;
const ACCOUNT = '000000000000';

/** Starts ElasticMQ in the cluster's network and makes the queues, dead letters first. */
export const startElasticMq = async (cluster: Cluster, queues: readonly QueueWiring[]): Promise<QueueServer> => {
  const jars = await fetchArtifacts('elasticmq-1.7');
  const configuration = join(cluster.folder, 'elasticmq.conf');
  const endpoint = `http://127.0.0.1:${PORT}`;
  writeFileSync(
    configuration,
    `include classpath("application.conf")
node-address { protocol = http, host = "127.0.0.1", port = ${PORT}, context-path = "" }
rest-sqs { enabled = true, bind-port = ${PORT}, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats.enabled = false
aws { region = elasticmq, accountId = ${ACCOUNT} }
`,
  );
  const server = cluster.spawnInside(
    'java',
    [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-cp',
      `${jars}/lib/*`,
      `-Dconfig.file=${configuration}`,
      'org.elasticmq.server.Main',
    ],
    {
      stdio: 'ignore',
    },
  );
  const sqs = new SQSClient({
    endpoint,
    region: 'elasticmq',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
  const deadLettersFirst = queues.toSorted((a, b) => Number(a.redrive !== undefined) - Number(b.redrive !== undefined));
  for (const queue of deadLettersFirst) {
    const attributes = attributesOf(queue, queues);
    await eventually(() => sqs.send(new CreateQueueCommand({ QueueName: queue.name, Attributes: attributes })), {
      seconds: 60,
    });
  }
  return {
    endpoint,
    urlOf: (logicalId) => `${endpoint}/${ACCOUNT}/${queues.find((q) => q.logicalId === logicalId)?.name}`,
    senderId: '127.0.0.1',
    stop: () => server.kill('SIGKILL'),
  };
};

/** Hidden messages come back sooner than in production, so that a retry is seen within a test. */
const VISIBILITY_SECONDS = 20;

const attributesOf = (queue: QueueWiring, queues: readonly QueueWiring[]): Record<string, string> => {
  const deadLetters = queues.find((q) => q.logicalId === queue.redrive?.deadLetters);
  return {
    VisibilityTimeout: String(Math.min(queue.visibilitySeconds, VISIBILITY_SECONDS)),
    ...(queue.fifo ? { FifoQueue: 'true' } : {}),
    ...(queue.redrive === undefined || deadLetters === undefined
      ? {}
      : {
          RedrivePolicy: JSON.stringify({
            deadLetterTargetArn: `arn:aws:sqs:elasticmq:${ACCOUNT}:${deadLetters.name}`,
            maxReceiveCount: queue.redrive.maxReceiveCount,
          }),
        }),
  };
};
