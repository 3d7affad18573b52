/** Waits until a topic is in full use, or gone, as all brokers tell. */
import type { Admin } from '@hapax/client';
import type { Terminal } from './terminal.ts';
import { waitFor } from './wait-for.ts';

/** Resolves when every partition has a leader and all its replicas in sync. Throws `not-ready`. */
export function waitForTopic(terminal: Terminal, admin: Admin, name: string, timeoutMs: number): Promise<void> {
  return waitFor(terminal, `waiting for ${name}`, timeoutMs, async () => {
    const topics = await admin.listTopics();
    const partitions = topics.find(({ topic }) => topic === name)?.partitions ?? [];
    const complete = partitions.filter((one) => one.leaderId >= 0 && one.inSyncReplicas.length === one.replicas.length);
    const total = Math.max(1, partitions.length);
    return { done: complete.length, total, detail: `${complete.length} of ${total} partitions in sync` };
  });
}

/** Resolves when none of the topics is listed any more. Throws `not-ready`. */
export function waitUntilGone(
  terminal: Terminal,
  admin: Admin,
  names: readonly string[],
  timeoutMs: number,
): Promise<void> {
  return waitFor(terminal, 'waiting until they are gone', timeoutMs, async () => {
    const topics = await admin.listTopics();
    const left = names.filter((name) => topics.some(({ topic }) => topic === name));
    return { done: names.length - left.length, total: names.length, detail: `still there: ${left.join(', ')}` };
  });
}
