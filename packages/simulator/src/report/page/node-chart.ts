/** Swim lanes: each node with its process and its role in Raft, the clients below, and messages between all of them. */
import type { NodeSpan, NodeStory, PageStory } from '../run-story.ts';
import { BUSY_PIXELS, LANE_HALF, type MessageArrows } from './message-arrows.ts';
import { lastAt, timeText, withinChart, write, type Chart, type Surface } from './surface.ts';
import type { TimelineView } from './timeline-view.ts';

const TOP = 28;
const NODE_PITCH = 74;
const CLIENT_PITCH = 22;

/** The lanes. */
export class NodeChart implements Chart {
  private readonly story: PageStory;
  private readonly view: TimelineView;
  private readonly arrows: MessageArrows;
  private readonly clients: readonly string[];

  constructor(story: PageStory, view: TimelineView, arrows: MessageArrows) {
    this.story = story;
    this.view = view;
    this.arrows = arrows;
    this.clients = story.messages.hosts.filter((host) => !host.startsWith('node-')).toSorted();
  }

  height(): number {
    return TOP + this.story.nodes.length * NODE_PITCH + this.clients.length * CLIENT_PITCH + 6;
  }

  draw(surface: Surface): void {
    for (const node of this.story.nodes) this.drawNode(surface, node);
    const isFar = this.arrows.isFar(this.view);
    const busy = isFar ? this.arrows.busyness(this.view) : undefined;
    for (const client of this.clients) this.drawClient(surface, client, busy?.get(client));
    this.arrows.draw(surface, (host) => this.placeOf(host));
  }

  describe(x: number, y: number): readonly string[] | undefined {
    const ofArrow = this.arrows.describe(x, y, this.view, (host) => this.placeOf(host));
    if (ofArrow !== undefined) return ofArrow;
    for (const { id, spans } of this.story.nodes) {
      if (Math.abs(y - (this.placeOf(`node-${id}`) ?? 0)) > LANE_HALF + 2) continue;
      const at = lastAt(spans.length, (index) => spans[index]?.atMs ?? 0, this.view.at(x));
      const span = spans[at];
      if (span === undefined) return undefined;
      const untilMs = spans[at + 1]?.atMs ?? this.story.endMs;
      const cut = span.isCutOff ? ['⚠ cut off from the other nodes'] : [];
      const leader = span.leader < 0 ? 'knows no leader' : `takes node ${span.leader} for the leader`;
      const raft = span.role === null ? [] : [`Raft ${span.role} in term ${span.term}, ${leader}`];
      const since = `${timeText(span.atMs)} to ${timeText(untilMs)}`;
      return [`node ${id}: ${span.state}`, `process ${span.life}`, ...raft, ...cut, since];
    }
    return undefined;
  }

  private placeOf(host: string): number | undefined {
    const { nodes } = this.story;
    const node = host.startsWith('node-') ? nodes.findIndex(({ id }) => host === `node-${id}`) : -1;
    if (node >= 0) return TOP + node * NODE_PITCH + LANE_HALF;
    const client = this.clients.indexOf(host);
    return client < 0 ? undefined : TOP + nodes.length * NODE_PITCH + client * CLIENT_PITCH - 2;
  }

  private drawNode(surface: Surface, { id, spans }: NodeStory): void {
    const { pen, colours, view } = surface;
    const y = this.placeOf(`node-${id}`) ?? 0;
    const isNamed = this.story.violation !== null && isNamedIn(this.story.violation.message, id);
    pen.fillStyle = colours.nodes[id % colours.nodes.length] ?? colours.muted;
    pen.beginPath();
    pen.roundRect(14, y - 6, 12, 12, 3);
    pen.fill();
    const colour = isNamed ? colours.bad : colours.text;
    write(surface, `node ${id}`, { x: 34, y: y - 1, colour, size: 13, bold: true });
    const now = spans[lastAt(spans.length, (at) => spans[at]?.atMs ?? 0, view.cursorMs ?? view.toMs)];
    if (now !== undefined) {
      const role = now.role === null || now.state === 'down' ? '' : ` · ${now.role} · term ${now.term}`;
      write(surface, now.state + role, { x: 34, y: y + 15, colour: colours.muted, size: 10.5, widthMax: 128 });
    }
    withinChart(surface, () => {
      for (const [at, span] of spans.entries()) {
        const untilMs = spans[at + 1]?.atMs ?? this.story.endMs;
        if (untilMs < view.fromMs || span.atMs > view.toMs) continue;
        drawSpan(surface, span, { x1: view.x(span.atMs), x2: view.x(untilMs), y });
      }
      this.drawLives(surface, spans, y);
      this.drawWords(surface, spans, y);
    });
  }

  /** A tick where a process begins, and its number. */
  private drawLives(surface: Surface, spans: readonly NodeSpan[], y: number): void {
    const { pen, view, colours } = surface;
    let life = 0;
    let freeFrom = -Infinity;
    for (const span of spans) {
      if (span.life === life) continue;
      life = span.life;
      const x = view.x(span.atMs);
      if (x < view.gutter - 40 || x > view.width) continue;
      pen.fillStyle = colours.text;
      pen.fillRect(x, y - LANE_HALF - 5, 1.5, LANE_HALF * 2 + 10);
      if (x < freeFrom) continue;
      write(surface, `process ${life}`, { x: x + 4, y: y - LANE_HALF - 6, colour: colours.muted, size: 9.5 });
      freeFrom = x + 60;
    }
  }

  /** The words of neighbours of one role, once over all of them. */
  private drawWords(surface: Surface, spans: readonly NodeSpan[], y: number): void {
    const { view } = surface;
    for (let at = 0; at < spans.length; ) {
      const first = spans[at] as NodeSpan;
      const words = wordsOf(first);
      let next = at + 1;
      while (next < spans.length && wordsOf(spans[next] as NodeSpan) === words) next += 1;
      const x1 = Math.max(view.gutter, view.x(first.atMs));
      const x2 = Math.min(view.width, view.x(spans[next]?.atMs ?? this.story.endMs));
      const isSolid = first.role === 'leader' && first.state !== 'down';
      const colour = isSolid ? '#fff' : surface.colours.muted;
      if (x2 - x1 > 44) this.drawWord(surface, words, { x: x1 + 7, y, colour, widthMax: x2 - x1 - 12, bold: isSolid });
      at = next;
    }
  }

  /** What is striped needs a plain ground for its words. */
  private drawWord(
    surface: Surface, words: string,
    place: {
      readonly x: number;
      readonly y: number;
      readonly colour: string;
      readonly widthMax: number;
      readonly bold: boolean;
    },
  ): void {
    if (/^(?:starting|paused|stopping|down)/u.test(words)) {
      const { pen, colours } = surface;
      const wide = Math.min(place.widthMax, words.length * 6) + 4;
      pen.fillStyle = colours.panel;
      pen.globalAlpha = 0.85;
      pen.beginPath();
      pen.roundRect(place.x - 4, place.y - 8, wide, 16, 3);
      pen.fill();
      pen.globalAlpha = 1;
      write(surface, words, { ...place, colour: colours.text, bold: false, size: 11 });
      return;
    }
    write(surface, words, { ...place, size: 11 });
  }

  /** `busy` says how many messages there were in each pixel, for when single ones cannot be told apart. */
  private drawClient(surface: Surface, client: string, busy: readonly number[] | undefined): void {
    const { pen, colours, view } = surface;
    const y = this.placeOf(client) ?? 0;
    write(surface, client, { x: 34, y, colour: colours.muted, size: 11.5, widthMax: view.gutter - 42 });
    pen.fillStyle = colours.line;
    pen.fillRect(view.gutter, y - 0.5, view.width - view.gutter, 1);
    if (busy === undefined) return;
    const most = Math.max(4, ...busy);
    pen.fillStyle = colours.lanes[0] ?? colours.muted;
    for (const [at, count] of busy.entries()) {
      const high = count === 0 ? 0 : 2 + 12 * Math.sqrt(count / most);
      pen.fillRect(view.gutter + at * BUSY_PIXELS, y - high / 2, BUSY_PIXELS - 0.6, high);
    }
  }
}

function isNamedIn(message: string, node: number): boolean {
  return new RegExp(`\\b(?:node|leader|voter|on) \\[?${node}\\b`, 'u').test(message);
}

function wordsOf({ state, role, term, isCutOff }: NodeSpan): string {
  if (state === 'down') return 'down';
  const cut = isCutOff ? ' · cut off' : '';
  if (role === null) return state + cut;
  return `${state === 'up' ? '' : `${state} · `}${role} · term ${term}${cut}`;
}

function drawSpan(
  { pen, colours }: Surface, span: NodeSpan,
  { x1, x2, y }: { readonly x1: number; readonly x2: number; readonly y: number },
): void {
  const wide = Math.max(x2 - x1, 0.7);
  const top = y - LANE_HALF;
  if (span.state === 'down') {
    pen.fillStyle = colours.bad;
    pen.globalAlpha = 0.16;
    pen.fillRect(x1, top, wide, LANE_HALF * 2);
    pen.globalAlpha = 0.8;
    pen.fillRect(x1, y - 0.75, wide, 1.5);
    pen.globalAlpha = 1;
    return;
  }
  const isLeader = span.role === 'leader';
  const colour = colours.nodes[span.leader % colours.nodes.length];
  pen.fillStyle = colour ?? (span.role?.endsWith('andidate') === true ? colours.warn : colours.faint);
  pen.globalAlpha = isLeader ? 1 : colour === undefined ? 0.6 : 0.25;
  pen.fillRect(x1, top, wide, LANE_HALF * 2);
  pen.globalAlpha = 1;
  if (span.state !== 'up') hatch(pen, { x1, wide, top }, span.state === 'paused' ? colours.warn : colours.muted);
  if (!span.isCutOff) return;
  pen.fillStyle = colours.bad;
  pen.fillRect(x1, top - 2, wide, 2.5);
  pen.fillRect(x1, top + LANE_HALF * 2 - 0.5, wide, 2.5);
}

function hatch(
  pen: CanvasRenderingContext2D,
  { x1, wide, top }: { readonly x1: number; readonly wide: number; readonly top: number }, colour: string,
): void {
  pen.save();
  pen.beginPath();
  pen.rect(x1, top, wide, LANE_HALF * 2);
  pen.clip();
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  pen.globalAlpha = 0.5;
  pen.beginPath();
  const [from, to] = [Math.max(x1, 0), Math.min(x1 + wide, 6000)];
  for (let x = from - (from % 8) - 24; x < to; x += 8) {
    pen.moveTo(x, top + LANE_HALF * 2);
    pen.lineTo(x + LANE_HALF * 2, top);
  }
  pen.stroke();
  pen.restore();
}
