/** Randomness of the operating system, drawn in blocks. */
import { assert, type Random } from '@hapax/base';
import { randomFillSync } from 'node:crypto';

/** Draws that nobody can foresee. */
export class OsRandom implements Random {
  private readonly pool = new Uint32Array(1024);
  private at = this.pool.length;

  nextUint32(): number {
    if (this.at === this.pool.length) {
      randomFillSync(this.pool);
      this.at = 0;
    }
    return this.pool[this.at++] as number;
  }

  nextFloat(): number {
    return this.nextUint32() / 0x1_0000_0000;
  }

  nextInt(bound: number): number {
    assert(bound >= 1 && bound <= 0x1_0000_0000, `bound ${bound} is outside [1, 2^32]`);
    return Math.floor(this.nextFloat() * bound);
  }

  /** Draws depend on no seed here, so that every fork is as good as a new source. */
  fork(_label: string): Random {
    return new OsRandom();
  }
}
