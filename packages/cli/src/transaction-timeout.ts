/** The longest time that a cluster lets a transaction be open. */
import type { Admin } from '@hapax/client';

const SETTING = 'transaction.max.timeout.ms';
/** Where no broker says. */
const DEFAULT_MS = 900_000;

/** `transaction.max.timeout.ms` of the brokers, in milliseconds; the largest where they differ. */
export async function longestTimeout(admin: Admin): Promise<number> {
  const { brokers } = await admin.describeCluster();
  const configs = await Promise.all(
    brokers.map(({ nodeId }) => admin.describeConfigs({ type: 'broker', name: String(nodeId) }, [SETTING])),
  );
  const values = configs.flatMap((one) => one.configs.map(({ value }) => Number(value ?? 0)));
  const longest = Math.max(0, ...values);
  return longest > 0 ? longest : DEFAULT_MS;
}
