/** Partitions: who leads in which epoch, how many are in sync, and how far the leader's log and its marks are. */
import type { LeaderSpan, PageStory, PartitionStory, Steps } from '../run-story.ts';
import { lastAt, timeText, withinChart, write, type Chart, type Surface } from './surface.ts';
import type { TimelineView } from './timeline-view.ts';

const PITCH = 92;
const BAND = 17;
const PLOT = 56;

/** The partitions of the clients, and on request those of the cluster itself. */
export class PartitionChart implements Chart {
  private readonly story: PageStory;
  private readonly view: TimelineView;
  showsInternal = false;

  constructor(story: PageStory, view: TimelineView) {
    this.story = story;
    this.view = view;
  }

  height(): number {
    return Math.max(1, this.shown().length) * PITCH + 4;
  }

  draw(surface: Surface): void {
    const shown = this.shown();
    for (const [row, partition] of shown.entries()) this.drawPartition(surface, partition, row * PITCH + 8);
    if (shown.length === 0) write(surface, 'there is none', { x: 14, y: 20, colour: surface.colours.muted });
  }

  describe(x: number, y: number): readonly string[] | undefined {
    const partition = this.shown()[Math.floor(y / PITCH)];
    if (partition === undefined) return undefined;
    const atMs = this.view.at(x);
    const span = spanAt(partition.leaders, atMs);
    if (span === undefined) return undefined;
    const { logEnd, highWatermark, lastStable } = valuesAt(partition, atMs);
    return [
      partition.name,
      `${span.leader < 0 ? 'no leader' : `leader: node ${span.leader}`}, leader epoch ${span.leaderEpoch}`,
      `in sync: ${span.isr.join(', ')} (${span.isr.length} of ${partition.replicas})`,
      `log end ${logEnd ?? '–'}, high watermark ${highWatermark ?? '–'}, last stable ${lastStable ?? '–'}`,
      timeText(atMs),
    ];
  }

  private shown(): readonly PartitionStory[] {
    const message = this.story.violation?.message ?? '';
    return this.story.partitions.filter(({ name }) =>
      this.showsInternal || !name.startsWith('__') || isNamed(message, name));
  }

  private drawPartition(surface: Surface, partition: PartitionStory, y: number): void {
    const { colours, view, pen } = surface;
    const atMs = view.cursorMs ?? Math.min(view.toMs, this.story.endMs);
    const isBroken = isNamed(this.story.violation?.message ?? '', partition.name);
    const colour = isBroken ? colours.bad : colours.text;
    write(surface, partition.name, { x: 14, y: y + 8, colour, size: 12.5, bold: true, widthMax: view.gutter - 20 });
    const values = valuesAt(partition, atMs);
    const rows: readonly (readonly [string, number | undefined, string])[] = [
      ['log end', values.logEnd, colours.muted],
      ['high watermark', values.highWatermark, colours.accent],
      ['last stable', values.lastStable, colours.warn],
    ];
    for (const [at, [label, value, ink]] of rows.entries()) {
      const place = y + 28 + at * 15;
      pen.fillStyle = ink;
      pen.fillRect(14, place - 1, 10, 2);
      write(surface, label, { x: 30, y: place, colour: colours.muted, size: 10.5 });
      const text = value === undefined ? '–' : String(value);
      write(surface, text, { x: view.gutter - 14, y: place, colour: colours.text, size: 10.5, right: true });
    }
    pen.fillStyle = colours.line;
    pen.fillRect(0, y + PITCH - 9, view.width, 1);
    withinChart(surface, () => {
      this.drawLeaders(surface, partition, y);
      drawPlot(surface, partition, y + BAND + 4);
    });
  }

  private drawLeaders(surface: Surface, { leaders, replicas }: PartitionStory, y: number): void {
    const { pen, view, colours } = surface;
    for (const [at, span] of leaders.entries()) {
      const [x1, x2] = [view.x(span.atMs), view.x(leaders[at + 1]?.atMs ?? this.story.endMs)];
      if (x2 < view.gutter || x1 > view.width) continue;
      const hasLeader = span.leader >= 0;
      const isWhole = span.isr.length >= replicas;
      pen.fillStyle = hasLeader ? colours.nodes[span.leader % colours.nodes.length] ?? colours.muted : colours.bad;
      pen.globalAlpha = hasLeader ? 0.85 : 0.3;
      pen.fillRect(x1, y, Math.max(x2 - x1 - 0.5, 0.7), BAND - 4);
      pen.globalAlpha = 1;
      pen.fillStyle = isWhole ? colours.good : colours.warn;
      pen.fillRect(x1, y + BAND - 3, Math.max((x2 - x1 - 0.5), 0.7), 3);
      const x = Math.max(x1, view.gutter) + 5;
      const who = hasLeader ? `node ${span.leader}` : 'no leader';
      const text = `${who} · epoch ${span.leaderEpoch} · in sync ${span.isr.length}/${replicas}`;
      const colour = hasLeader ? '#fff' : colours.bad;
      write(surface, text, { x, y: y + 7, colour, size: 10, widthMax: Math.min(x2, view.width) - x - 3 });
    }
  }
}

function drawPlot(surface: Surface, partition: PartitionStory, top: number): void {
  const { pen, view, colours } = surface;
  const { logEnd, highWatermark, lastStable } = partition;
  const seen = [logEnd, highWatermark, lastStable].flatMap((steps) => valuesWithin(steps, view.fromMs, view.toMs));
  if (seen.length === 0) return;
  const least = seen.reduce((a, b) => Math.min(a, b));
  const most = Math.max(least + 1, seen.reduce((a, b) => Math.max(a, b)));
  const yOf = (value: number): number => top + PLOT - 4 - ((value - least) / (most - least)) * (PLOT - 10);
  drawSteps(surface, logEnd, { yOf, colour: colours.muted, wide: 1.2, dash: [] });
  // Where nothing is open the two marks are one: the line of the second shows only where it stays behind.
  drawSteps(surface, lastStable, { yOf, colour: colours.warn, wide: 1.8, dash: [4, 3] });
  drawSteps(surface, highWatermark, { yOf, colour: colours.accent, wide: 1.8, dash: [] });
  for (const [value, y] of [[most, top + 5], [least, top + PLOT - 6]] as const) {
    const wide = String(value).length * 6 + 8;
    pen.fillStyle = colours.panel;
    pen.globalAlpha = 0.8;
    pen.fillRect(view.width - wide - 2, y - 6, wide, 12);
    pen.globalAlpha = 1;
    write(surface, String(value), { x: view.width - 6, y, colour: colours.muted, size: 9.5, right: true });
  }
}

function drawSteps(
  { pen, view }: Surface, steps: Steps,
  { yOf, colour, wide, dash }: {
    readonly yOf: (value: number) => number;
    readonly colour: string;
    readonly wide: number;
    readonly dash: readonly number[];
  },
): void {
  if (steps.length === 0) return;
  pen.strokeStyle = colour;
  pen.lineWidth = wide;
  pen.setLineDash([...dash]);
  pen.beginPath();
  let at = Math.max(0, stepAt(steps, view.fromMs));
  let y = yOf(steps[at * 2 + 1] ?? 0);
  pen.moveTo(view.x(steps[at * 2] ?? 0), y);
  for (at += 1; at * 2 < steps.length; at++) {
    const x = view.x(steps[at * 2] ?? 0);
    pen.lineTo(x, y);
    if (x > view.width) break;
    y = yOf(steps[at * 2 + 1] ?? 0);
    pen.lineTo(x, y);
  }
  pen.lineTo(view.x(Math.min(view.endMs, view.toMs)), y);
  pen.stroke();
  pen.setLineDash([]);
}

function valuesWithin(steps: Steps, fromMs: number, toMs: number): number[] {
  const values: number[] = [];
  for (let at = Math.max(0, stepAt(steps, fromMs)); at * 2 < steps.length && (steps[at * 2] ?? 0) <= toMs; at++) {
    values.push(steps[at * 2 + 1] ?? 0);
  }
  return values;
}

function valuesAt(partition: PartitionStory, atMs: number) {
  const value = (steps: Steps): number | undefined => steps[stepAt(steps, atMs) * 2 + 1];
  return {
    logEnd: value(partition.logEnd),
    highWatermark: value(partition.highWatermark),
    lastStable: value(partition.lastStable),
  };
}

function spanAt(leaders: readonly LeaderSpan[], atMs: number): LeaderSpan | undefined {
  return leaders[lastAt(leaders.length, (at) => leaders[at]?.atMs ?? 0, atMs)];
}

function stepAt(steps: Steps, atMs: number): number {
  return lastAt(steps.length / 2, (at) => steps[at * 2] ?? 0, atMs);
}

function isNamed(message: string, partition: string): boolean {
  return new RegExp(`(?<![\\w-])${partition}(?![\\w-])`, 'u').test(message);
}
