/** A machine of the simulated world that stands still for a while: nothing may overtake what waited. */
import { describe, expect, test } from 'vitest';
import { Host } from '../src/host.ts';
import { VirtualTime } from '../src/virtual-time.ts';

const END_MS = 1000;

function paused(): { readonly time: VirtualTime; readonly host: Host; readonly seen: string[] } {
  const time = new VirtualTime();
  const host = new Host('node', time);
  const seen: string[] = [];
  const run = host.runnerOfThisLife();
  host.pause();
  run(() => {
    seen.push('first');
    run(() => seen.push('caused by first'));
  });
  run(() => seen.push('second'));
  return { time, host, seen };
}

function settle(time: VirtualTime): void {
  for (let steps = 0; steps < 100 && time.step(END_MS); steps++);
}

describe('a machine that goes on after a pause', () => {
  test('does what waited before what comes then, and what that causes last', () => {
    const { time, host, seen } = paused();
    host.resume();
    host.runnerOfThisLife()(() => seen.push('came after the pause'));
    expect(seen).toEqual([]);
    settle(time);
    expect(seen).toEqual(['first', 'second', 'came after the pause', 'caused by first']);
  });

  test('stops again where it is paused again, and loses nothing', () => {
    const { time, host, seen } = paused();
    host.resume();
    time.step(END_MS);
    host.pause();
    settle(time);
    expect(seen).toEqual(['first']);
    host.resume();
    settle(time);
    expect(seen).toEqual(['first', 'second', 'caused by first']);
  });

  test('does nothing more once its process is dead', () => {
    const { time, host, seen } = paused();
    host.resume();
    host.kill();
    settle(time);
    expect(seen).toEqual([]);
  });

  test('goes on where one of the things that waited ends its event early', () => {
    const { time, host, seen } = paused();
    host.runnerOfThisLife()(() => {
      throw new Error('another machine dies in this event');
    });
    host.runnerOfThisLife()(() => seen.push('waited behind it'));
    host.resume();
    expect(() => {
      while (time.step(END_MS));
    }).toThrow('another machine dies in this event');
    while (time.step(END_MS));
    expect(seen).toContain('waited behind it');
  });
});
