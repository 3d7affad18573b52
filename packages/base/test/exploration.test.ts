/** Conditions that the code names are heard of while somebody listens, and cost nothing otherwise. */
import { afterEach, expect, test } from 'vitest';
import { always, listenToExploration, neverReached, reachable, sometimes, type Exploration } from '@hapax/base';

class Heard implements Exploration {
  readonly names: string[] = [];

  onReached(name: string): void {
    this.names.push(`reached ${name}`);
  }

  onBroken(name: string): void {
    this.names.push(`broken ${name}`);
  }
}

function passBy(isTrue: boolean): void {
  sometimes(isTrue, 'test: it is true');
  reachable('test: it was passed by');
  always(isTrue, 'test: it is always true');
  if (!isTrue) neverReached('test: it is false');
}

afterEach(() => {
  listenToExploration(undefined);
});

test('nobody hears of conditions until somebody listens', () => {
  expect(() => passBy(false)).not.toThrow();
  expect(listenToExploration(new Heard())).toBeUndefined();
});

test('what holds sometimes and what is come by is told, and of what must hold only where it does not', () => {
  const heard = new Heard();
  listenToExploration(heard);
  passBy(true);
  expect(heard.names.splice(0)).toEqual(['reached test: it is true', 'reached test: it was passed by']);
  passBy(false);
  expect(heard.names).toEqual([
    'reached test: it was passed by', 'broken test: it is always true', 'broken test: it is false',
  ]);
});

test('who listens gives way to the next and is given back', () => {
  const [first, second] = [new Heard(), new Heard()];
  listenToExploration(first);
  expect(listenToExploration(second)).toBe(first);
  passBy(true);
  listenToExploration(first);
  expect([first.names.length, second.names.length]).toEqual([0, 2]);
});
