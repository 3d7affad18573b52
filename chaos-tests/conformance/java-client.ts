/** Apache Kafka's own Java client as a client under test: the one that speaks transactions of version 2. */
import type { ClientUnderTest } from './client-under-test.ts';
import { installJavaDriver } from './install.ts';
import { processClient } from './process-client.ts';

/** A client for the cluster, in a process of its own. Installs what is missing, and rejects where it cannot be had. */
export function javaClient(bootstrap: string): Promise<ClientUnderTest> {
  const { command, args } = installJavaDriver();
  return processClient({
    name: 'java',
    notes: [
      'its consumer is told to read committed records only: left to itself, it shows aborted ones',
      'a transaction left open by a close is left to its successor: a close without a time limit would abort it',
    ],
    command,
    args: [...args, bootstrap],
    transactionTimeoutSetting: 'transaction.timeout.ms',
  });
}
