/** `npm run bench [-- NAME …] [--json] [--seconds N]`: measures, and holds each figure against its goal. */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { SCENARIOS, type Figure } from './scenarios.ts';

interface Report {
  readonly scenario: string;
  readonly figures: readonly Figure[];
  readonly error?: string;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, seconds: { type: 'string', default: '10' } },
  });
  const durationMs = Number(values.seconds) * 1000;
  const chosen = SCENARIOS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  if (chosen.length === 0 || !(durationMs > 0)) {
    const names = SCENARIOS.map(({ name }) => name).join(', ');
    process.stderr.write(`bench: choose from ${names}; --seconds must be above 0\n`);
    process.exit(2);
  }
  const reports: Report[] = [];
  for (const scenario of chosen) {
    if (!values.json) process.stdout.write(`\n${scenario.name}: ${scenario.what}\n`);
    const report = await runOne(scenario.name, () => scenario.run({ durationMs }));
    reports.push(report);
    if (!values.json) printReport(report);
  }
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ cores: cpus().length, node: process.version, reports })}\n`);
  }
  process.exit(reports.some(({ error }) => error !== undefined) ? 1 : 0);
}

async function runOne(scenario: string, run: () => Promise<readonly Figure[]>): Promise<Report> {
  try {
    return { scenario, figures: await run() };
  } catch (error) {
    return { scenario, figures: [], error: error instanceof Error ? error.message : String(error) };
  }
}

function printReport({ figures, error }: Report): void {
  for (const { name, unit, value, goal, higherIsBetter } of figures) {
    const isMet = higherIsBetter ? value >= goal : value <= goal;
    const shown = value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
    const sign = higherIsBetter ? '≥' : '≤';
    const figure = `${name.padEnd(48)} ${shown.padStart(10)} ${unit.padEnd(6)}`;
    process.stdout.write(`  ${isMet ? '✓' : '✗'} ${figure} (goal ${sign} ${goal.toLocaleString('en')})\n`);
  }
  if (error !== undefined) process.stdout.write(`  ✗ ${error}\n`);
}

await main();
