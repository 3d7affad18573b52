/** The page: puts the charts into their places, and tells them what the mouse and the keyboard want. */
import type { PageStory } from '../run-story.ts';
import { EventLog } from './event-log.ts';
import { FaultChart } from './fault-chart.ts';
import { MessageArrows } from './message-arrows.ts';
import { NodeChart } from './node-chart.ts';
import { drawOverview, OVERVIEW_HEIGHT } from './overview-strip.ts';
import { PartitionChart } from './partition-chart.ts';
import { prepare, readColours, withinChart, write, type Chart, type Surface } from './surface.ts';
import { TimelineView } from './timeline-view.ts';
import { TransactionChart } from './transaction-chart.ts';

const story = JSON.parse((document.querySelector('#story') as HTMLElement).textContent ?? '') as PageStory;
const element = (selector: string): HTMLElement => document.querySelector(selector) as HTMLElement;
const canvasOf = (selector: string): HTMLCanvasElement => element(selector) as HTMLCanvasElement;

let isDue = false;
const redrawSoon = (): void => {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    drawAll();
  });
};
const view = new TimelineView(story.endMs, redrawSoon);
const arrows = new MessageArrows(story.messages, story.endMs);
const partitions = new PartitionChart(story, view);
const overview = canvasOf('#overview');
const charts: readonly (readonly [HTMLCanvasElement, Chart])[] = [
  [canvasOf('#nodes'), new NodeChart(story, view, arrows)],
  [canvasOf('#faults'), new FaultChart(story, view)],
  [canvasOf('#transactions'), new TransactionChart(story, view)],
  [canvasOf('#partitions'), partitions],
];
const log = new EventLog(story, (atMs) => {
  view.cursorMs = atMs;
  const spanMs = Math.min(view.spanMs, 1000);
  view.show(atMs - spanMs / 2, atMs + spanMs / 2);
  log.goTo(atMs);
});
let colours = readColours();

function drawAll(): void {
  view.width = element('#charts').clientWidth;
  drawOverview(prepare(overview, OVERVIEW_HEIGHT, view, colours), story);
  for (const [at, [canvas, chart]] of charts.entries()) {
    const surface = prepare(canvas, chart.height(), view, colours);
    chart.draw(surface);
    drawMoments(surface, at === 0);
  }
  element('#message-note').textContent = arrows.note(view);
}

/** What goes through all charts: phases, the pointer, and where a promise was broken. */
function drawMoments(surface: Surface, isFirst: boolean): void {
  const { pen, height } = surface;
  withinChart(surface, () => {
    for (const { atMs, name } of story.phases) {
      const x = view.x(atMs);
      pen.fillStyle = colours.muted;
      pen.globalAlpha = 0.5;
      for (let y = 0; y < height; y += 7) pen.fillRect(x, y, 1, 4);
      pen.globalAlpha = 1;
      if (isFirst) write(surface, name, { x: x + 4, y: 7, colour: colours.muted, size: 10.5 });
    }
    if (view.cursorMs !== undefined) {
      pen.fillStyle = colours.text;
      pen.globalAlpha = 0.45;
      pen.fillRect(view.x(view.cursorMs), 0, 1, height);
      pen.globalAlpha = 1;
    }
    if (story.violation !== null) drawViolation(surface, story.violation.invariant, isFirst);
  });
}

function drawViolation(surface: Surface, invariant: string, isFirst: boolean): void {
  const { pen, height } = surface;
  const x = view.x(story.endMs);
  pen.fillStyle = colours.bad;
  pen.globalAlpha = 0.07;
  pen.fillRect(x, 0, view.width, height);
  pen.globalAlpha = 1;
  pen.fillRect(x - 1, 0, 2, height);
  if (!isFirst) return;
  const text = `✗ ${invariant} violated${x > view.width ? ' →' : ''}`;
  const wide = 18 + text.length * 6.6;
  const left = Math.min(x - 1, view.width - wide);
  pen.beginPath();
  pen.roundRect(left, 0, wide, 19, 3);
  pen.fill();
  write(surface, text, { x: left + 9, y: 10, colour: '#fff', size: 11.5, bold: true });
}

function goToViolation(): void {
  const spanMs = Math.min(1200, view.lastMs);
  view.show(story.endMs - spanMs * 0.86, story.endMs + spanMs * 0.14);
  log.goTo(story.endMs);
}

function goToFaults(): void {
  const fromMs = story.phases[0]?.atMs ?? 0;
  const toMs = story.phases[1]?.atMs ?? story.endMs;
  view.show(fromMs - 100, toMs + 100);
}

function showTip(lines: readonly string[] | undefined, { clientX, clientY }: MouseEvent): void {
  const tip = element('#tip');
  tip.hidden = lines === undefined;
  if (lines === undefined) return;
  tip.replaceChildren(...lines.map((line, at) => {
    const row = document.createElement(at === 0 ? 'b' : 'div');
    row.textContent = line;
    return row;
  }));
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.min(clientX + 14, window.innerWidth - width - 8)}px`;
  tip.style.top = `${clientY + 18 + height > window.innerHeight ? clientY - height - 10 : clientY + 18}px`;
}

function listenToChart(canvas: HTMLCanvasElement, chart: Chart): void {
  let dragged: { readonly x: number; readonly fromMs: number } | undefined;
  canvas.addEventListener('pointerdown', (event) => {
    dragged = { x: event.offsetX, fromMs: view.fromMs };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointerup', (event) => {
    const isClick = dragged !== undefined && Math.abs(event.offsetX - dragged.x) < 3;
    dragged = undefined;
    if (isClick && event.offsetX > view.gutter) log.goTo(view.at(event.offsetX));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (dragged !== undefined) {
      const byMs = ((dragged.x - event.offsetX) / (view.width - view.gutter)) * view.spanMs;
      const { spanMs } = view;
      return view.show(dragged.fromMs + byMs, dragged.fromMs + byMs + spanMs);
    }
    const isInside = event.offsetX > view.gutter;
    view.point(isInside ? view.at(event.offsetX) : undefined);
    showTip(isInside ? chart.describe(event.offsetX, event.offsetY) : undefined, event);
  });
  canvas.addEventListener('pointerleave', (event) => {
    view.point(undefined);
    showTip(undefined, event);
  });
  canvas.addEventListener('dblclick', (event) => view.zoom(0.4, view.at(event.offsetX)));
  canvas.addEventListener('wheel', (event) => onWheel(event), { passive: false });
}

/** Up and down belong to the page, unless a key says that it is meant for time. */
function onWheel(event: WheelEvent): void {
  const isZoom = event.ctrlKey || event.metaKey || event.altKey;
  const sideways = event.shiftKey ? event.deltaY + event.deltaX : event.deltaX;
  if (!isZoom && Math.abs(sideways) <= Math.abs(event.deltaY) && !event.shiftKey) return;
  event.preventDefault();
  if (isZoom) view.zoom(Math.exp(event.deltaY / 300), view.at(event.offsetX));
  else view.pan(sideways / 900);
}

function listenToOverview(): void {
  const atOf = (x: number): number => ((x - view.gutter) / (view.width - view.gutter)) * view.lastMs;
  let fromMs: number | undefined;
  overview.addEventListener('pointerdown', (event) => {
    fromMs = atOf(event.offsetX);
    overview.setPointerCapture(event.pointerId);
  });
  overview.addEventListener('pointermove', (event) => {
    if (fromMs === undefined) return;
    const toMs = atOf(event.offsetX);
    if (Math.abs(toMs - fromMs) > view.lastMs / 400) view.show(Math.min(fromMs, toMs), Math.max(fromMs, toMs));
  });
  overview.addEventListener('pointerup', (event) => {
    const toMs = atOf(event.offsetX);
    const { spanMs } = view;
    const isClick = fromMs !== undefined && Math.abs(toMs - fromMs) <= view.lastMs / 400;
    if (isClick) view.show(toMs - spanMs / 2, toMs + spanMs / 2);
    fromMs = undefined;
  });
  overview.addEventListener('wheel', (event) => onWheel(event), { passive: false });
}

const KEYS: Readonly<Record<string, () => void>> = {
  'ArrowLeft': () => view.pan(-0.15),
  'ArrowRight': () => view.pan(0.15),
  '+': () => view.zoom(0.6),
  '=': () => view.zoom(0.6),
  '-': () => view.zoom(1 / 0.6),
  '0': () => view.showAll(),
  'Home': () => view.showAll(),
  'f': goToFaults,
  'v': () => story.violation !== null && goToViolation(),
  '/': () => element('#filter').focus(),
};

document.addEventListener('keydown', (event) => {
  if (event.target instanceof HTMLInputElement) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
});
const onClick = (selector: string, act: () => void): void =>
  document.querySelector(selector)?.addEventListener('click', act);
onClick('#show-all', () => view.showAll());
onClick('#show-faults', goToFaults);
onClick('#show-violation', goToViolation);
onClick('#zoom-in', () => view.zoom(0.5));
onClick('#zoom-out', () => view.zoom(2));
onClick('#copy', () => void navigator.clipboard?.writeText(story.again));
for (const [at, box] of document.querySelectorAll<HTMLInputElement>('.lane-box').entries()) {
  box.addEventListener('change', () => {
    if (box.checked) arrows.hidden.delete(at);
    else arrows.hidden.add(at);
    redrawSoon();
  });
}
element('#routine').addEventListener('change', (event) => {
  arrows.hidesRoutine = !(event.target as HTMLInputElement).checked;
  redrawSoon();
});
element('#internal').addEventListener('change', (event) => {
  partitions.showsInternal = (event.target as HTMLInputElement).checked;
  redrawSoon();
});
for (const [canvas, chart] of charts) listenToChart(canvas, chart);
listenToOverview();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  colours = readColours();
  redrawSoon();
});
new ResizeObserver(redrawSoon).observe(element('#charts'));
if (story.violation === null) view.showAll();
else goToViolation();
// For links to a moment: report.html#at=1234.5&span=200.
const wanted = new URLSearchParams(location.hash.slice(1));
const wantedMs = Number(wanted.get('at'));
const halfMs = Number(wanted.get('span') ?? 1000) / 2;
if (wanted.has('at')) view.show(wantedMs - halfMs, wantedMs + halfMs);
