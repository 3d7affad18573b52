/** S4: a file that is replaced as a whole is, after any crash, wholly one of those that it was: old or new. */
import { decodeText, type NodeId } from '@hapax/base';
import type { MemoryDisk } from '@hapax/testkit';
import { demand } from './violation.ts';

/** Files that are never written in place, by their names. */
const REPLACED = new Set([
  'broker-epoch', 'leader-epoch-checkpoint', 'recovery-point-offset-checkpoint', 'log-start-offset-checkpoint',
  'replication-offset-checkpoint', '.kafka_cleanshutdown',
]);

/** What such files of every node have been. */
export class AtomicFiles {
  private readonly versions = new Map<NodeId, Map<string, Set<string>>>();

  /** A file has got its name, or was made durable in its place: it is whole. */
  onWhole(node: NodeId, disk: MemoryDisk, path: string): void {
    if (!REPLACED.has(path.slice(path.lastIndexOf('/') + 1)) || !disk.exists(path)) return;
    const files = this.versions.get(node) ?? new Map<string, Set<string>>();
    this.versions.set(node, files);
    const versions = files.get(path) ?? new Set();
    files.set(path, versions.add(contentOf(disk, path)));
  }

  /** A process begins to read its disk. */
  onStart(node: NodeId, disk: MemoryDisk): void {
    for (const [path, versions] of this.versions.get(node) ?? []) {
      if (!disk.exists(path)) continue;
      const content = contentOf(disk, path);
      demand(versions.has(content), 'S4', () =>
        `node ${node} finds ${JSON.stringify(content.slice(0, 80))} in ${path}, which it never was as a whole`);
    }
  }
}

function contentOf(disk: MemoryDisk, path: string): string {
  const file = disk.open(path, { create: false });
  const bytes = disk.asWritten(() => file.read(0, file.size()));
  file.close();
  return decodeText(bytes);
}
