/** Which part of the run is shown: one stretch of time for every chart, and the moment under the pointer. */

/** The stretch of time that all charts share. */
export class TimelineView {
  /** The width of what stands left of every chart, in pixels. */
  readonly gutter = 168;
  readonly endMs: number;
  fromMs = 0;
  toMs: number;
  /** Of a chart with its gutter, in pixels. */
  width = 1200;
  /** Under the pointer; undefined while it is elsewhere. */
  cursorMs: number | undefined;
  private readonly onChange: () => void;

  constructor(endMs: number, onChange: () => void) {
    this.endMs = endMs;
    this.toMs = this.lastMs;
    this.onChange = onChange;
  }

  /** There is a little room behind the end, for what is marked there. */
  get lastMs(): number {
    return this.endMs * 1.004 + 1;
  }

  get spanMs(): number {
    return this.toMs - this.fromMs;
  }

  x(atMs: number): number {
    return this.gutter + ((atMs - this.fromMs) / this.spanMs) * (this.width - this.gutter);
  }

  at(x: number): number {
    return this.fromMs + ((x - this.gutter) / (this.width - this.gutter)) * this.spanMs;
  }

  show(fromMs: number, toMs: number): void {
    const spanMs = Math.min(this.lastMs + MARGIN_MS, Math.max(LEAST_SPAN_MS, toMs - fromMs));
    const least = Math.min(0, this.lastMs - spanMs);
    this.fromMs = Math.max(least, Math.min(fromMs, Math.max(0, this.lastMs + spanMs / 8 - spanMs)));
    this.toMs = this.fromMs + spanMs;
    this.onChange();
  }

  /** Everything. */
  showAll(): void {
    this.show(0, this.lastMs);
  }

  /** Makes what is shown so many times longer, around a moment that stays where it is. */
  zoom(times: number, aroundMs = this.cursorMs ?? (this.fromMs + this.toMs) / 2): void {
    const spanMs = Math.min(this.lastMs, Math.max(LEAST_SPAN_MS, this.spanMs * times));
    const fromMs = aroundMs - ((aroundMs - this.fromMs) / this.spanMs) * spanMs;
    this.show(fromMs, fromMs + spanMs);
  }

  /** Moves by a share of what is shown. */
  pan(share: number): void {
    const byMs = share * this.spanMs;
    this.show(this.fromMs + byMs, this.toMs + byMs);
  }

  point(atMs: number | undefined): void {
    this.cursorMs = atMs;
    this.onChange();
  }
}

const LEAST_SPAN_MS = 0.5;
const MARGIN_MS = 1;
