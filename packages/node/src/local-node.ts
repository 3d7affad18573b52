/** One node as a child process on this host. */
import { AppError, type Endpoint } from '@hapax/base';
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface LocalNodeOptions {
  readonly id: number;
  readonly kafka: Endpoint;
  readonly http: Endpoint;
  /** Its output is appended here. */
  readonly logFile: string;
  /** Its configuration, by key. */
  readonly settings: Readonly<Record<string, string>>;
  /** Hears that the process ended though nobody here asked it to: with its exit code, or null after a signal. */
  onUnexpectedExit?(code: number | null): void;
}

const POLL_MS = 20;
const STOP_TIMEOUT_MS = 15_000;
const LOG_LINES_SHOWN = 10;

/** Processes that must not outlive this one, not even while they are paused and cannot notice its end. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A node to be started, killed, paused, resumed and stopped, again and again. Only its own process is touched. */
export class LocalNode {
  readonly id: number;
  readonly kafka: Endpoint;
  readonly http: Endpoint;
  private readonly options: LocalNodeOptions;
  private child: ChildProcess | undefined;
  private isEndExpected = false;
  private exited: Promise<number | null> = Promise.resolve(null);

  constructor(options: LocalNodeOptions) {
    this.options = options;
    this.id = options.id;
    this.kafka = options.kafka;
    this.http = options.http;
  }

  /** The process id while it runs. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  get isRunning(): boolean {
    return this.child !== undefined;
  }

  /** Starts the process; does nothing while it runs. */
  start(): void {
    if (this.child !== undefined) return;
    const log = openSync(this.options.logFile, 'a');
    const args = Object.entries(this.options.settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    // The channel is how the child notices that this process died: it then stops by itself. In a process group of its
    // own it does not get the terminal's Ctrl-C: its owner decides when it stops.
    const child = spawn(process.execPath, [...nodeFlags(), entryPoint(), ...args], {
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
      // Compiled code is kept where Node keeps it by default: a node then starts with a third of the work.
      env: { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...process.env },
    });
    closeSync(log);
    this.child = child;
    this.isEndExpected = false;
    running.add(child);
    this.exited = new Promise((resolve) => {
      child.once('exit', (code) => {
        running.delete(child);
        if (this.child === child) this.child = undefined;
        if (!this.isEndExpected) this.options.onUnexpectedExit?.(code);
        resolve(code);
      });
    });
  }

  /** Whether `/readyz` says so. */
  async isReady(): Promise<boolean> {
    try {
      const response = await fetch(`http://${this.http.host}:${this.http.port}/readyz`, {
        signal: AbortSignal.timeout(1000),
      });
      return response.ok;
    } catch {
      return false;
    }
  }

  /** Resolves when the node is ready. Throws `not-ready`, with its last log lines, when it ends or takes too long. */
  async waitReady(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await this.isReady())) {
      if (this.child === undefined) throw this.notReady('ended before it was ready');
      if (performance.now() > deadline) throw this.notReady(`was not ready within ${timeoutMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** SIGKILL: the process is gone at once. */
  async kill(): Promise<void> {
    this.isEndExpected = true;
    this.signal('SIGKILL');
    await this.exited;
  }

  /** SIGSTOP: the process stands still, its connections stay open. */
  pause(): void {
    this.signal('SIGSTOP');
  }

  /** SIGCONT: the process goes on. */
  resume(): void {
    this.signal('SIGCONT');
  }

  /** SIGTERM, and SIGKILL when it takes too long. Resolves with the exit code when the process is gone. */
  async stop(): Promise<number | null> {
    if (this.child === undefined) return null;
    this.isEndExpected = true;
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), STOP_TIMEOUT_MS);
    const code = await this.exited;
    clearTimeout(timer);
    return code;
  }

  /** Stops it if it runs, starts it, and resolves when it is ready. Throws `not-ready`. */
  async restart(timeoutMs: number): Promise<void> {
    await this.stop();
    this.start();
    await this.waitReady(timeoutMs);
  }

  /** Where its output goes. */
  get logFile(): string {
    return this.options.logFile;
  }

  /** Resident memory in bytes, as the kernel counts it; 0 while it does not run. */
  residentBytes(): number {
    if (this.pid === undefined) return 0;
    const found = /^VmRSS:\s+(?<kib>\d+) kB$/mu.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'));
    return Number(found?.groups?.['kib'] ?? 0) * 1024;
  }

  /** The end of its log. */
  lastLogLines(count = LOG_LINES_SHOWN): string {
    return readFileSync(this.options.logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  }

  private signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  private notReady(what: string): AppError {
    const message = `node ${this.id} ${what}; the end of ${this.options.logFile}:\n${this.lastLogLines()}`;
    return new AppError('not-ready', message, { retriable: false, definite: false });
  }
}

/** The node's entry point: its source in the repository, its build in an installation. */
function entryPoint(): string {
  const isSource = import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(isSource ? './main.ts' : './main.js', import.meta.url));
}

function nodeFlags(): readonly string[] {
  return import.meta.url.endsWith('.ts') ? ['--conditions=source'] : [];
}
