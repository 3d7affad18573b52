/** Writes docs/CONFIGURATION.md; a test compares. */
import { writeFileSync } from 'node:fs';
import { printConfigReference } from '../src/config-reference.ts';

writeFileSync(new URL('../../../docs/CONFIGURATION.md', import.meta.url), printConfigReference());
