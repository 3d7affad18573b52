/** The demo from its first node to its table. */
import { decodeText } from '@hapax/base';
import { formatDuration, printResult, type OutputFormat } from '../output.ts';
import { startProgress } from '../progress.ts';
import { colorsFor, note, type Terminal } from '../terminal.ts';
import { waitForTopic } from '../wait-for-topic.ts';
import { readFlights } from './flights.ts';
import { GUARANTEES } from './guarantee.ts';
import { LoadLedger, type LoadBalance } from './load-ledger.ts';
import { outcomeView } from './outcome-view.ts';
import { readToEnd } from './read-to-end.ts';
import { runGuarantee, type RunReport } from './run-guarantee.ts';
import { sendFlights, type SendReport } from './send-flights.ts';
import { createTopics, onStage, type Stage } from './stage.ts';

const TOPIC = 'flights';
const PARTITIONS = 6;
const IN_SYNC_TIMEOUT_MS = 60_000;

export interface DemoOptions {
  readonly rows: number;
  readonly output: OutputFormat;
}

/** Runs the demo and prints its table. Answers whether exactly-once held. Throws `closed` when interrupted. */
export async function runDemo(terminal: Terminal, { rows, output }: DemoOptions): Promise<boolean> {
  const startedAt = performance.now();
  const flights = readFlights(rows);
  return onStage(terminal, async (stage) => {
    const load = await loadFlights(stage, flights);
    const runs: RunReport[] = [];
    for (const guarantee of GUARANTEES)
      runs.push(await runGuarantee(stage, { guarantee, topic: TOPIC, flights, total: load.stored }));
    const colors = colorsFor(terminal, terminal.output);
    const view = outcomeView(colors, load, runs);
    note(terminal, '');
    printResult(terminal, output, view);
    note(terminal, colors.dim(`\nall of it in ${formatDuration(performance.now() - startedAt)}`));
    return view.isGood;
  });
}

/** Sends the flights while a leader dies, and counts what lies in the log then. */
async function loadFlights(stage: Stage, flights: readonly string[]): Promise<LoadBalance & SendReport> {
  const { terminal, cluster, client, admin } = stage;
  await createTopics(stage, [TOPIC], PARTITIONS);
  const ledger = new LoadLedger(flights);
  const sending = await sendFlights({ terminal, cluster, client, topic: TOPIC, flights, ledger });
  await waitForTopic(terminal, admin, TOPIC, IN_SYNC_TIMEOUT_MS);
  const progress = startProgress(terminal, 'counting what is there', flights.length);
  await readToEnd(client, {
    topics: [TOPIC],
    isolationLevel: 'read_committed',
    onRecord: ({ partition, key, value }) => {
      const row = Number(decodeText(key ?? new Uint8Array(0)));
      ledger.stored({ partition, row }, decodeText(value ?? new Uint8Array(0)));
    },
    onProgress: (passed) => progress.update(passed),
  });
  const balance = ledger.balance();
  progress.finish(balance.isClean ? 'every flight is there once' : 'NOT every flight is there once');
  return { ...balance, ...sending };
}
