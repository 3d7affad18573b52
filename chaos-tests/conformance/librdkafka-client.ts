/** librdkafka as a client under test, by confluent-kafka for Python: newer than kcat's, and with transactions. */
import type { ClientUnderTest } from './client-under-test.ts';
import { installPythonDriver } from './install.ts';
import { processClient } from './process-client.ts';

/** A client for the cluster, in a process of its own. Installs what is missing, and rejects where it cannot be had. */
export function librdkafkaClient(bootstrap: string): Promise<ClientUnderTest> {
  const { command, args } = installPythonDriver();
  return processClient({
    name: 'librdkafka',
    notes: [],
    command,
    args: [...args, bootstrap],
    transactionTimeoutSetting: 'transaction.timeout.ms',
  });
}
