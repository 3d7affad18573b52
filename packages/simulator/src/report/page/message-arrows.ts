/** Messages as arrows from one lane to another, while few enough are in sight to be told apart. */
import type { MessageStory } from '../run-story.ts';
import { lastAt, timeText, withinChart, write, type Surface } from './surface.ts';
import type { TimelineView } from './timeline-view.ts';

/** Where lanes are, by the name of a host. */
export type LanePlace = (host: string) => number | undefined;

const FIELDS = 7;
const LANES = ['Kafka', 'Raft', 'replication', 'transactions', 'controller', 'admin'];
const SPAN_MAX_MS = 2500;
const ARROWS_MAX = 1600;
const LABELS_MAX = 60;
const LABEL_WIDTH = 140;

interface Arrow {
  readonly sentMs: number;
  /** -1 where it never came. */
  readonly tookMs: number;
  readonly from: string;
  readonly to: string;
  readonly name: string;
  readonly lane: number;
  readonly isRoutine: boolean;
  /** It never came, and there was time enough. */
  readonly isLost: boolean;
}

/** All arrows. */
export class MessageArrows {
  private readonly story: MessageStory;
  private readonly count: number;
  private readonly endMs: number;
  private drawn: readonly Arrow[] = [];
  /** Which lanes are hidden, and whether what passes all the time is. */
  readonly hidden = new Set<number>();
  hidesRoutine = false;

  constructor(story: MessageStory, endMs: number) {
    this.story = story;
    this.endMs = endMs;
    this.count = story.rows.length / FIELDS;
  }

  /** Whether so much is shown that single messages cannot be told apart. */
  isFar(view: TimelineView): boolean {
    return view.spanMs > SPAN_MAX_MS;
  }

  /** How many messages each host has sent and got, for every few pixels of what is shown. */
  busyness(view: TimelineView): Map<string, number[]> {
    const { rows, hosts } = this.story;
    const bins = Math.ceil((view.width - view.gutter) / BUSY_PIXELS);
    const counts = hosts.map(() => new Array<number>(bins).fill(0));
    for (let at = 0; at < this.count; at++) {
      if (rows[at * FIELDS + 6] === 1) continue;
      const bin = Math.floor((view.x((rows[at * FIELDS] ?? 0) / 100) - view.gutter) / BUSY_PIXELS);
      if (bin < 0 || bin >= bins) continue;
      for (const field of [2, 3]) {
        const of = counts[rows[at * FIELDS + field] ?? 0] as number[];
        of[bin] = (of[bin] ?? 0) + 1;
      }
    }
    return new Map(hosts.map((host, at) => [host, counts[at] as number[]]));
  }

  /** What a person should know of what is drawn. */
  note(view: TimelineView): string {
    if (this.isFar(view)) return `zoom in to less than ${SPAN_MAX_MS / 1000} s to see messages`;
    const { keptFromMs } = this.story;
    if (view.fromMs < keptFromMs) return `messages before ${timeText(keptFromMs)} were too many to keep`;
    return this.drawn.length >= ARROWS_MAX ? 'not every message is drawn: zoom in' : `${this.drawn.length} messages`;
  }

  draw(surface: Surface, place: LanePlace): void {
    this.drawn = this.inSight(surface.view);
    withinChart(surface, () => {
      for (const arrow of this.drawn) drawArrow(surface, arrow, place);
      if (this.drawn.length <= LABELS_MAX) drawLabels(surface, this.drawn, place);
    });
  }

  describe(x: number, y: number, view: TimelineView, place: LanePlace): readonly string[] | undefined {
    let best: Arrow | undefined;
    let bestDistance = 7;
    for (const arrow of this.drawn) {
      const distance = distanceTo(arrow, { x, y }, view, place);
      if (distance >= bestDistance) continue;
      best = arrow;
      bestDistance = distance;
    }
    if (best === undefined) return undefined;
    const { name, from, to, sentMs, tookMs, lane } = best;
    const lost = best.isLost ? '⚠ never arrived' : 'on its way when the run ended';
    const fate = tookMs < 0 ? lost : `arrived ${timeText(sentMs + tookMs)}, after ${timeText(tookMs)}`;
    return [name, `${from} → ${to}, ${LANES[lane]}`, `sent ${timeText(sentMs)}`, fate];
  }

  private inSight(view: TimelineView): Arrow[] {
    if (this.isFar(view)) return [];
    const { rows } = this.story;
    const sent = (at: number): number => (rows[at * FIELDS] ?? 0) / 100;
    const last = lastAt(this.count, sent, view.toMs);
    const first = Math.max(0, lastAt(this.count, sent, view.fromMs - LONGEST_MS));
    const seen: Arrow[] = [];
    for (let at = first; at <= last; at++) {
      const arrow = this.arrow(at);
      const isHidden = this.hidden.has(arrow.lane) || (this.hidesRoutine && arrow.isRoutine);
      if (!isHidden && arrow.sentMs + Math.max(arrow.tookMs, 0) >= view.fromMs) seen.push(arrow);
    }
    if (seen.length <= ARROWS_MAX) return seen;
    const stride = seen.length / ARROWS_MAX;
    let next = 0;
    return seen.filter(({ tookMs }, at) => {
      if (tookMs >= 0 && at < next) return false;
      next += stride;
      return true;
    });
  }

  private arrow(at: number): Arrow {
    const { rows, names, hosts } = this.story;
    const field = (offset: number): number => rows[at * FIELDS + offset] ?? 0;
    const took = field(1);
    const sentMs = field(0) / 100;
    return {
      sentMs,
      isLost: took < 0 && sentMs < this.endMs - ON_ITS_WAY_MS,
      tookMs: took < 0 ? -1 : took / 100,
      from: hosts[field(2)] ?? '',
      to: hosts[field(3)] ?? '',
      name: names[field(4)] ?? '',
      lane: field(5),
      isRoutine: field(6) === 1,
    };
  }
}

function ends({ sentMs, tookMs, isLost, from, to }: Arrow, view: TimelineView, place: LanePlace) {
  const [top, bottom] = [place(from), place(to)];
  if (top === undefined || bottom === undefined) return undefined;
  const isOpen = tookMs < 0;
  // One that never came goes half of the way.
  const x1 = view.x(sentMs);
  const x2 = isOpen ? x1 + 14 : view.x(sentMs + tookMs);
  const lean = Math.sign(bottom - top) * LANE_HALF;
  const [y1, y2] = [top + lean, bottom - lean];
  return { x1, y1, x2, y2: isOpen ? y1 + (y2 - y1) * 0.6 : y2, isLost };
}

function drawArrow(surface: Surface, arrow: Arrow, place: LanePlace): void {
  const { pen, view, colours } = surface;
  const line = ends(arrow, view, place);
  if (line === undefined) return;
  const { x1, y1, x2, y2, isLost } = line;
  const colour = isLost ? colours.bad : colours.lanes[arrow.lane] ?? colours.muted;
  pen.strokeStyle = colour;
  pen.fillStyle = colour;
  pen.globalAlpha = isLost ? 0.9 : arrow.isRoutine ? 0.22 : 0.7;
  pen.lineWidth = isLost ? 1.6 : 1;
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
  if (isLost) drawCross(pen, x2, y2);
  else drawHead(pen, { angle: Math.atan2(y2 - y1, x2 - x1), x: x2, y: y2 });
  pen.globalAlpha = 1;
}

function drawHead(
  pen: CanvasRenderingContext2D, { angle, x, y }: { readonly angle: number; readonly x: number; readonly y: number },
): void {
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x - 6 * Math.cos(angle - 0.4), y - 6 * Math.sin(angle - 0.4));
  pen.lineTo(x - 6 * Math.cos(angle + 0.4), y - 6 * Math.sin(angle + 0.4));
  pen.fill();
}

function drawCross(pen: CanvasRenderingContext2D, x: number, y: number): void {
  pen.beginPath();
  pen.moveTo(x - 3.5, y - 3.5);
  pen.lineTo(x + 3.5, y + 3.5);
  pen.moveTo(x + 3.5, y - 3.5);
  pen.lineTo(x - 3.5, y + 3.5);
  pen.stroke();
}

/** Names beside the arrows, each where it finds room; those that find none can still be pointed at. */
function drawLabels(surface: Surface, arrows: readonly Arrow[], place: LanePlace): void {
  const taken: { readonly x: number; readonly y: number }[] = [];
  for (const arrow of arrows) {
    const line = ends(arrow, surface.view, place);
    if (line === undefined || arrow.isRoutine) continue;
    const { x1, y1, x2, y2, isLost } = line;
    for (const share of [0.25, 0.5, 0.75]) {
      const at = { x: x1 + (x2 - x1) * share + 5, y: y1 + (y2 - y1) * share };
      if (taken.some(({ x, y }) => Math.abs(y - at.y) < 11 && Math.abs(x - at.x) < LABEL_WIDTH + 6)) continue;
      const colour = isLost ? surface.colours.bad : surface.colours.muted;
      write(surface, arrow.name, { ...at, colour, size: 10, widthMax: LABEL_WIDTH });
      taken.push(at);
      break;
    }
  }
}

function distanceTo(
  arrow: Arrow, { x, y }: { readonly x: number; readonly y: number }, view: TimelineView, place: LanePlace,
): number {
  const line = ends(arrow, view, place);
  if (line === undefined) return Infinity;
  const { x1, y1, x2, y2 } = line;
  const [dx, dy] = [x2 - x1, y2 - y1];
  const share = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - x1 - share * dx, y - y1 - share * dy);
}

/** How many pixels wide the bars are that show how busy a host is. */
export const BUSY_PIXELS = 3;
/** Half of the height of a lane's bar. */
export const LANE_HALF = 11;
/** What was sent so shortly before the end may well have arrived, had the run gone on. */
const ON_ITS_WAY_MS = 25;
/** Messages that were sent so long before what is shown are not looked for. */
const LONGEST_MS = 1500;
