/** The whole run in a strip: who led, which faults there were, and which part is shown below; and the axis of that. */
import type { PageStory } from '../run-story.ts';
import { write, type Surface } from './surface.ts';

const STRIP_TOP = 4;

/** How high it is, in pixels. */
export const OVERVIEW_HEIGHT = 58;

/** Draws the run as a whole. */
export function drawOverview(surface: Surface, story: PageStory): void {
  const { pen, view, colours, width } = surface;
  const x = (atMs: number): number => view.gutter + (atMs / view.lastMs) * (width - view.gutter);
  const rowHigh = 26 / Math.max(1, story.nodes.length);
  write(surface, 'whole run', { x: 14, y: STRIP_TOP + 12, colour: colours.text, size: 12, bold: true });
  const length = `${(story.endMs / 1000).toFixed(1)} s of virtual time`;
  write(surface, length, { x: 14, y: 33, colour: colours.muted, size: 10.5 });
  for (const [row, { spans }] of story.nodes.entries()) {
    for (const [at, span] of spans.entries()) {
      const untilMs = spans[at + 1]?.atMs ?? story.endMs;
      const isDown = span.state === 'down';
      pen.fillStyle = isDown ? colours.bad : colours.nodes[span.leader % colours.nodes.length] ?? colours.faint;
      pen.globalAlpha = isDown ? 0.9 : span.role === 'leader' ? 1 : 0.25;
      pen.fillRect(x(span.atMs), STRIP_TOP + row * rowHigh, Math.max(x(untilMs) - x(span.atMs), 0.6), rowHigh - 1);
    }
  }
  pen.globalAlpha = 0.55;
  pen.fillStyle = colours.bad;
  for (const { atMs } of story.faults) pen.fillRect(x(atMs), STRIP_TOP + 28, 1.5, 6);
  pen.globalAlpha = 1;
  if (story.violation !== null) pen.fillRect(x(story.endMs) - 1.5, STRIP_TOP - 4, 3, 40);
  const [x1, x2] = [x(view.fromMs), x(Math.min(view.toMs, view.lastMs))];
  pen.fillStyle = colours.panel;
  pen.globalAlpha = 0.6;
  pen.fillRect(view.gutter, STRIP_TOP - 2, x1 - view.gutter, 36);
  pen.fillRect(x2, STRIP_TOP - 2, width - x2, 36);
  pen.globalAlpha = 1;
  pen.strokeStyle = colours.text;
  pen.lineWidth = 1.5;
  pen.strokeRect(x1, STRIP_TOP - 2, Math.max(x2 - x1, 3) - 1, 36);
  drawAxis(surface);
}

function drawAxis(surface: Surface): void {
  const { pen, view, colours } = surface;
  const stepMs = niceStep(view.spanMs / 9);
  const digits = Math.max(0, Math.ceil(-Math.log10(stepMs / 1000)));
  for (let atMs = Math.ceil(view.fromMs / stepMs) * stepMs; atMs <= view.toMs; atMs += stepMs) {
    const x = view.x(atMs);
    if (x < view.gutter) continue;
    pen.fillStyle = colours.line;
    pen.fillRect(x, 42, 1, 16);
    write(surface, `${(atMs / 1000).toFixed(digits)} s`, { x: x + 4, y: 50, colour: colours.muted, size: 10.5 });
  }
}

function niceStep(leastMs: number): number {
  const unit = 10 ** Math.floor(Math.log10(leastMs));
  return unit * ([1, 2, 5, 10].find((times) => times * unit >= leastMs) ?? 10);
}
