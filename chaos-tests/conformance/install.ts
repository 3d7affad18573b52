/** Gets what clients in other languages need: packages of the system; of Python and Maven, into a cache. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The version of confluent-kafka whose wheel brings its librdkafka along. */
const CONFLUENT_KAFKA = '2.16.1';
const HERE = fileURLToPath(new URL('.', import.meta.url));
const OUTPUT_MAX = 2000;

/** How a driver is started. */
export interface Installed {
  readonly command: string;
  readonly args: readonly string[];
}

/** Outside of the checkout, so that a fresh clone finds what the last one fetched. */
function cacheDirectory(): string {
  const directory = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'hapax-conformance');
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** kcat, from the packages of the system. Throws what to do where it cannot be had. */
export function installKcat(): void {
  if (!works('kcat', ['-V'])) installPackages('kcat');
}

/** confluent-kafka in a Python environment of its own. Throws what to do where it cannot be had. */
export function installPythonDriver(): Installed {
  const environment = join(cacheDirectory(), `confluent-kafka-${CONFLUENT_KAFKA}`);
  const python = join(environment, 'bin', 'python');
  const args = [join(HERE, 'python', 'driver.py')];
  if (works(python, ['-c', 'import confluent_kafka'])) return { command: python, args };
  if (!works('python3', ['-c', 'import venv, ensurepip'])) installPackages('python3', 'python3-venv');
  rmSync(environment, { recursive: true, force: true });
  run('python3', ['-m', 'venv', environment]);
  const wheel = `confluent-kafka==${CONFLUENT_KAFKA}`;
  run(python, ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', wheel]);
  return { command: python, args };
}

/** Kafka's Java client with a compiled driver. Throws what to do where it cannot be had, or has other checksums. */
export function installJavaDriver(): Installed {
  const sums = readFileSync(join(HERE, 'java', 'jars.sha256'), 'utf8');
  const source = readFileSync(join(HERE, 'java', 'Driver.java'));
  const jars = join(cacheDirectory(), `java-${digest(sums)}`);
  const classes = join(cacheDirectory(), `java-driver-${digest(sums + digest(source))}`);
  if (!works('java', ['-version']) || !works('javac', ['-version'])) installPackages('default-jdk-headless');
  if (!existsSync(jars)) {
    if (!works('mvn', ['-version'])) installPackages('maven');
    run('mvn', [
      '--quiet', '--batch-mode', '--file', join(HERE, 'java', 'pom.xml'),
      'dependency:copy-dependencies', `-DoutputDirectory=${jars}`,
    ]);
  }
  checkSums(jars, sums);
  const path = [...readdirSync(jars).map((jar) => join(jars, jar)), classes].join(delimiter);
  if (!existsSync(join(classes, 'Driver.class'))) {
    mkdirSync(classes, { recursive: true });
    run('javac', ['-encoding', 'UTF-8', '-cp', path, '-d', classes, join(HERE, 'java', 'Driver.java')]);
  }
  return { command: 'java', args: ['-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', path, 'Driver'] };
}

/** Exactly these files with exactly these contents; others are removed, so that the next run fetches them again. */
function checkSums(directory: string, sums: string): void {
  const wanted = sums.trim().split('\n').map((line) => line.split(/\s+/u) as [string, string]).sort(byName);
  const sumOf = (name: string): string => {
    return createHash('sha256').update(readFileSync(join(directory, name))).digest('hex');
  };
  const found = readdirSync(directory).map((name): [string, string] => [sumOf(name), name]).sort(byName);
  if (JSON.stringify(wanted) === JSON.stringify(found)) return;
  rmSync(directory, { recursive: true, force: true });
  const list = (files: [string, string][]): string => files.map((file) => file.join(' ')).join(', ');
  throw new Error(`Maven's jars are not those of jars.sha256: wanted ${list(wanted)}; got ${list(found)}`);
}

function byName(a: readonly [string, string], b: readonly [string, string]): number {
  return a[1].localeCompare(b[1]);
}

function digest(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

/** Packages of the distribution; that needs root. */
function installPackages(...names: readonly string[]): void {
  run('apt-get', ['update']);
  run('apt-get', ['install', '-y', '--no-install-recommends', ...names]);
}

function works(command: string, args: readonly string[]): boolean {
  const { status, error } = spawnSync(command, args, { stdio: 'ignore' });
  return error === undefined && status === 0;
}

function run(command: string, args: readonly string[]): void {
  const line = `${command} ${args.join(' ')}`;
  process.stderr.write(`${line}\n`);
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error === undefined && status === 0) return;
  const output = `${stdout ?? ''}${stderr ?? ''}`.slice(-OUTPUT_MAX).trim();
  throw new Error(`${line} failed, install by hand what it installs: ${error?.message ?? output}`);
}
