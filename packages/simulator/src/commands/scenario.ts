/** `npm run sim -- scenario FILE`: runs a scenario file, and says whether it came to what it expects. */
import { crc32c } from '@node-rs/crc32';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { accelerateCrc32c, AppError } from '@hapax/base';
import { readScenario, type Scenario } from '@hapax/faults';
import { RunRecorder } from '../report/run-recorder.ts';
import { planOf, runScenario } from '../run-scenario.ts';
import { writeReport } from './report-file.ts';
import { print, UsageError, withUsage } from './output.ts';

const USAGE = `npm run sim -- scenario FILE [options]
  --trace        print every line of what happens
  --report FILE  write a page of HTML that shows the run, its faults and what went wrong
  --json         the last line is one JSON object
`;

/** Runs the file that `args` name; answers 1 unless it came to what it expects, which is `clean` if it says nothing. */
export function runScenarioCommand(args: readonly string[]): Promise<number> {
  return withUsage(USAGE, () => {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        trace: { type: 'boolean', default: false },
        report: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const [file] = positionals;
    if (file === undefined || positionals.length > 1) throw new UsageError('give one file');
    return runFile(file, { isTraced: values.trace, isJson: values.json, reportFile: values.report });
  });
}

interface ScenarioOutput {
  readonly isTraced: boolean;
  readonly isJson: boolean;
  readonly reportFile: string | undefined;
}

function runFile(file: string, { isTraced, isJson, reportFile }: ScenarioOutput): number {
  accelerateCrc32c((bytes, previous) => crc32c(bytes, previous));
  const recorder = reportFile === undefined ? undefined : new RunRecorder();
  const { scenario, report } = withFileErrors(file, () => {
    const read = readScenario(JSON.parse(readFileSync(file, 'utf8')));
    return { scenario: read, report: runScenario(read, { onLine: isTraced ? print : undefined, recorder }) };
  });
  if (reportFile !== undefined && recorder !== undefined) {
    const { seed, workload, title } = scenario;
    const again = `npm run sim -- scenario ${file} --report report.html`;
    const run = { title: `scenario: ${title}`, workload, again, plan: planOf(scenario), report, recorder };
    writeReport(reportFile, run);
    print(`seed ${seed} is shown in ${reportFile}`);
  }
  const { failure, ...figures } = report;
  const outcome = failure?.invariant ?? 'clean';
  const isExpected = outcome === (scenario.expect ?? 'clean');
  if (!isTraced && failure !== null) for (const line of failure.tail) print(`  ${line}`);
  print(describe(file, scenario, outcome, isExpected));
  if (failure !== null) print(failure.message);
  if (isJson) print(JSON.stringify({ ...figures, failed: failure?.message ?? null, outcome, isExpected }));
  return isExpected ? 0 : 1;
}

function describe(file: string, { title, steps, expect }: Scenario, outcome: string, isExpected: boolean): string {
  const wanted = isExpected ? 'as expected' : `expected was ${expect ?? 'clean'}`;
  return `${file} (${title}; ${steps.length} faults): ${outcome}, ${wanted}`;
}

/** What is wrong with a file is told with its name. */
function withFileErrors<Value>(file: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const isOfFile = isMissing || error instanceof AppError || error instanceof SyntaxError;
    if (isOfFile) throw new UsageError(`${file}: ${(error as Error).message}`);
    throw error;
  }
}
