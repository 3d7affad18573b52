/** A process that the demo starts in order to ill-treat it: it is killed, paused, resumed, and stopped. */
import { fork, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ForkedChildOptions<Message> {
  /** A module of this directory, without its ending. */
  readonly script: string;
  /** Command line options of the module. */
  readonly flags: Readonly<Record<string, string>>;
  onMessage(message: Message): void;
  /** Hears of the end of the process, after everything that it told. */
  onEnd(code: number | null): void;
}

/** Processes that must not outlive this one, not even while they are paused and cannot notice its end. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One child process; it ends with its parent. */
export class ForkedChild<Message> {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  constructor({ script, flags, onMessage, onEnd }: ForkedChildOptions<Message>) {
    const isSource = import.meta.url.endsWith('.ts');
    const path = fileURLToPath(new URL(`./${script}.${isSource ? 'ts' : 'js'}`, import.meta.url));
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    const child = fork(path, args, {
      execArgv: isSource ? ['--conditions=source'] : [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // Compiled code is kept where Node keeps it by default: a process then starts with a third of the work.
      env: { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...process.env },
    });
    this.#child = child;
    running.add(child);
    child.on('message', (message) => onMessage(message as Message));
    this.#ended = new Promise((resolve) => {
      // `close` comes after everything that was in the pipe.
      child.once('close', (code) => {
        running.delete(child);
        onEnd(code);
        resolve();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends it a message, unless it has ended. */
  tell(message: object): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  /** SIGKILL, as a crash would end it. Resolves when it is gone. */
  kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    return this.#ended;
  }

  /** SIGSTOP: it stands still, and its connections stay open. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  /** SIGCONT: it goes on, and knows nothing of the time between. */
  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** Lets it finish what it does. Resolves when it is gone. */
  stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }
}

/** Resolves when the message is in the parent's pipe, where a later death of this process cannot take it back. */
export function tellParent(message: object): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined) reject(new Error('this module is to be started by the demo'));
    else process.send(message, undefined, {}, (error) => (error === null ? resolve() : reject(error)));
  });
}
