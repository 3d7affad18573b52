/** `npm run sim -- faults`: prints every kind of fault, what is promised of it, and what faults can wait for. */
import { FAULT_KINDS, FAULTS, PROTOCOL_EVENTS } from '@hapax/faults';
import { FAULT_ATLAS } from '../faults/atlas.ts';
import { print, withUsage } from './output.ts';

const USAGE = 'npm run sim -- faults\n';

/** Prints the atlas; answers 0. */
export function runFaultsCommand(): Promise<number> {
  return withUsage(USAGE, () => {
    for (const kind of FAULT_KINDS) {
      const { family, what } = FAULTS[kind];
      const { promise, mayCome } = FAULT_ATLAS[kind];
      print(`${mayCome === undefined ? '-' : '+'} ${family.padEnd(8)} ${kind.padEnd(20)} ${what}`);
      print(`${' '.repeat(32)}${promise}`);
    }
    print('');
    for (const [event, what] of Object.entries(PROTOCOL_EVENTS)) print(`event ${event.padEnd(20)} ${what}`);
    return 0;
  });
}
