/** A process that opens a data directory and holds it until it is killed. */
import { openDataDirectory } from '../src/data-directory.ts';

await openDataDirectory(process.argv[2] as string, { clusterId: 'cluster-a', nodeId: 1 });
setInterval(() => undefined, 1000);
process.send?.('open');
