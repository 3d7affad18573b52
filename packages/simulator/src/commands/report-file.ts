/** Writes the page of a run, with the script of the page put into it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { pageStory, type FinishedRun } from '../report/page-story.ts';
import { reportPage } from '../report/report-page.ts';
import type { RunRecorder } from '../report/run-recorder.ts';

/** The modules of the page, each after those that it imports. */
const PAGE_MODULES = [
  new URL('../report/page/timeline-view.ts', import.meta.url),
  new URL('../report/page/surface.ts', import.meta.url),
  new URL('../report/page/message-arrows.ts', import.meta.url),
  new URL('../report/page/node-chart.ts', import.meta.url),
  new URL('../report/page/fault-chart.ts', import.meta.url),
  new URL('../report/page/partition-chart.ts', import.meta.url),
  new URL('../report/page/transaction-chart.ts', import.meta.url),
  new URL('../report/page/overview-strip.ts', import.meta.url),
  new URL('../report/page/event-log.ts', import.meta.url),
  new URL('../report/page/main.ts', import.meta.url),
];

/** A run that is over, with who has recorded it. */
export interface ReportedRun extends Omit<FinishedRun, 'recorded'> {
  readonly recorder: RunRecorder;
}

/** Writes the page to a file. */
export function writeReport(file: string, run: ReportedRun): void {
  writeFileSync(file, reportOf(run));
}

/** The page as text. */
export function reportOf({ recorder, ...run }: ReportedRun): string {
  return reportPage(pageStory({ ...run, recorded: recorder.story() }), pageScript());
}

/** All modules of the page as one script, which needs no server to load anything from. */
function pageScript(): string {
  return `'use strict';\n${PAGE_MODULES.map(asBlock).join('\n')}`;
}

/** A module as a block of its own, with nothing but what it exports around it. */
function asBlock(module: URL): string {
  const source = withoutTypes(module)
    .replaceAll(/^import [^;]*;$/gmu, '')
    .replaceAll(/^\/\/# sourceMappingURL.*$/gmu, '');
  const exported = [...source.matchAll(/^export (?:function|class|const) (?<name>\w+)/gmu)].map(([, name]) => name);
  const body = source.replaceAll(/^export /gmu, '');
  const names = exported.join(', ');
  return `const { ${names} } = (() => {\n${body}\nreturn { ${names} };\n})();`;
}

/** Where the simulator was built there are no types any more, and the name ends otherwise. */
function withoutTypes(module: URL): string {
  if (!import.meta.url.endsWith('.ts')) return readFileSync(new URL(module.href.replace(/\.ts$/u, '.js')), 'utf8');
  const source = readFileSync(module, 'utf8');
  const { emitWarning } = process;
  // Node strips types as it runs these very sources; only where it is asked to it says that this is an experiment.
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
