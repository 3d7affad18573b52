/** A member of the demo's group, seen from its parent. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { MemberMessage } from './group-member.ts';

export interface MemberProcessOptions {
  readonly bootstrap: string;
  readonly group: string;
  readonly topic: string;
  onMessage(message: MemberMessage): void;
}

/** One child process; it ends with its parent. */
export class MemberProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;

  constructor({ bootstrap, group, topic, onMessage }: MemberProcessOptions) {
    const isSource = import.meta.url.endsWith('.ts');
    const script = fileURLToPath(new URL(isSource ? './group-member.ts' : './group-member.js', import.meta.url));
    this.#child = fork(script, ['--bootstrap', bootstrap, '--group', group, '--topic', topic], {
      execArgv: isSource ? ['--conditions=source'] : [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message) => onMessage(message as MemberMessage));
    // `close` comes after everything that was in the pipe.
    this.#exited = new Promise((resolve) => this.#child.once('close', () => resolve()));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** SIGKILL, as a crash would end it. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Lets it commit and leave the group. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#exited;
  }
}
