/** Transactions: for each transactional id, the states that its coordinator's log has come to. */
import type { PageStory, TransactionMove, TransactionStory } from '../run-story.ts';
import { lastAt, timeText, withinChart, write, type Chart, type Colours, type Surface } from './surface.ts';
import type { TimelineView } from './timeline-view.ts';

const PITCH = 25;
const BAR = 16;

/** A row for each id. */
export class TransactionChart implements Chart {
  private readonly story: PageStory;
  private readonly view: TimelineView;

  constructor(story: PageStory, view: TimelineView) {
    this.story = story;
    this.view = view;
  }

  height(): number {
    return this.story.transactions.length * PITCH + 8;
  }

  draw(surface: Surface): void {
    const { colours, view } = surface;
    for (const [row, transaction] of this.story.transactions.entries()) {
      const y = 4 + row * PITCH;
      const { transactionalId } = transaction;
      const isBroken = this.story.violation?.message.includes(transactionalId) === true;
      const colour = isBroken ? colours.bad : colours.text;
      const place = { x: 14, y: y + BAR / 2, widthMax: view.gutter - 20 };
      write(surface, transactionalId, { ...place, colour, size: 12, bold: isBroken });
      withinChart(surface, () => this.drawMoves(surface, transaction, y));
    }
  }

  describe(x: number, y: number): readonly string[] | undefined {
    const transaction = this.story.transactions[Math.floor((y - 4) / PITCH)];
    if (transaction === undefined) return undefined;
    const { moves, transactionalId } = transaction;
    const at = moveAt(moves, this.view.at(x));
    const move = moves[at];
    if (move === undefined) return undefined;
    const untilMs = moves[at + 1]?.atMs ?? this.story.endMs;
    return [
      `${transactionalId}: ${move.state}`,
      `producer ${move.producerId}, epoch ${move.producerEpoch}`,
      move.coordinator < 0 ? 'nobody coordinates it now' : `coordinator: node ${move.coordinator}`,
      ...(move.partitions === '' ? [] : [move.partitions]),
      `${timeText(move.atMs)} to ${timeText(untilMs)} (${timeText(untilMs - move.atMs)})`,
    ];
  }

  private drawMoves(surface: Surface, { moves }: TransactionStory, y: number): void {
    const { pen, view, colours } = surface;
    for (let at = Math.max(0, moveAt(moves, view.fromMs)); at < moves.length; at++) {
      const move = moves[at] as TransactionMove;
      if (move.atMs > view.toMs) break;
      const [x1, x2] = [view.x(move.atMs), view.x(moves[at + 1]?.atMs ?? this.story.endMs)];
      const { colour, isOpen } = look(move.state, colours);
      pen.fillStyle = colour;
      if (!isOpen) {
        pen.globalAlpha = 0.55;
        pen.fillRect(x1, y + BAR / 2 - 1, Math.max(x2 - x1, 1), 2);
        pen.globalAlpha = 1;
        pen.fillRect(x1, y, 2, BAR);
        continue;
      }
      pen.globalAlpha = 0.75;
      pen.fillRect(x1, y, Math.max(x2 - x1, 1), BAR);
      pen.globalAlpha = 1;
      const x = Math.max(x1, view.gutter) + 5;
      const text = `${move.state} ${move.producerId}/${move.producerEpoch}`;
      const widthMax = Math.min(x2, view.width) - x - 3;
      write(surface, text, { x, y: y + BAR / 2 + 0.5, colour: '#fff', size: 10, widthMax });
    }
  }
}

function moveAt(moves: readonly TransactionMove[], atMs: number): number {
  return lastAt(moves.length, (at) => moves[at]?.atMs ?? 0, atMs);
}

/** States in which something is still to be done are bars, others lines. */
function look(state: string, colours: Colours): { readonly colour: string; readonly isOpen: boolean } {
  switch (state) {
    case 'Ongoing':
      return { colour: colours.accent, isOpen: true };
    case 'PrepareCommit':
      return { colour: colours.good, isOpen: true };
    case 'PrepareAbort':
      return { colour: colours.bad, isOpen: true };
    case 'CompleteCommit':
      return { colour: colours.good, isOpen: false };
    case 'CompleteAbort':
      return { colour: colours.bad, isOpen: false };
    default:
      return { colour: colours.muted, isOpen: false };
  }
}
