/** A small, fast generator with a printable seed: xoshiro128** (Blackman and Vigna, 2018), seeded by SplitMix32. */
import { assert } from './assert.ts';
import type { Random } from './ports/random.ts';

/** Draws that depend on the seed alone. Not for secrets. */
export class SeededRandom implements Random {
  private readonly seed: number;
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** The seed is taken modulo 2³². */
  constructor(seed: number) {
    this.seed = seed >>> 0;
    const next = splitMix32(this.seed);
    this.a = next();
    this.b = next();
    this.c = next();
    this.d = next() | 1;
  }

  nextUint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.b, 5), 7), 9) >>> 0;
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = rotateLeft(this.d, 11);
    return result;
  }

  nextFloat(): number {
    return this.nextUint32() / 0x1_0000_0000;
  }

  nextInt(bound: number): number {
    assert(bound >= 1 && bound <= 0x1_0000_0000, `bound ${bound} is outside [1, 2^32]`);
    return Math.floor(this.nextFloat() * bound);
  }

  fork(label: string): Random {
    let hash = this.seed ^ 0x9e3779b9;
    for (let at = 0; at < label.length; at++) hash = Math.imul(hash ^ label.charCodeAt(at), 0x01000193);
    return new SeededRandom(hash >>> 0);
  }
}

function splitMix32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
