/** The input of the demo: flights, each under its row number. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AppError } from '@hapax/base';

/** Beside the package's build, which is the only thing that it exports. */
const FILE = '../data/flights-200k.json';

/** The first flights of the file, each as JSON. Rows repeat, so a row is known by its number only. */
export function readFlights(count: number): string[] {
  const rows = JSON.parse(readFileSync(flightsFile(), 'utf8')) as readonly unknown[];
  return rows.slice(0, count).map((row) => JSON.stringify(row));
}

function flightsFile(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), FILE);
  } catch (cause) {
    const message = 'the flights are in the package vega-datasets, which is not here: npm install vega-datasets@3.2.1';
    throw new AppError('not-ready', message, { retriable: false, definite: true, cause });
  }
}
