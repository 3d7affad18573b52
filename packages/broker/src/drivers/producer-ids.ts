/** Hands out producer ids from blocks that the controller gives to this broker; an id is never given twice. */
import { always, type BrokerEpoch, ErrorCode, type ProducerId, reachable } from '@hapax/base';
import type { BrokerOptions } from '../options.ts';
import type { ControllerClient } from './controller-client.ts';

interface Block {
  next: ProducerId;
  readonly end: ProducerId;
  readonly size: number;
}

type Respond = (result: { readonly error: ErrorCode; readonly producerId: ProducerId }) => void;

const TIMEOUT_MS = 5000;
/** The next block is fetched when this share of the current one is left. */
const PREFETCH_SHARE = 0.1;
const MAX_WAITING = 10_000;

/** Gives ids at once while a block lasts; waits for the controller when it does not. */
export class ProducerIds {
  private readonly options: BrokerOptions;
  private readonly controller: ControllerClient;
  private readonly brokerEpoch: () => BrokerEpoch;
  private current: Block | undefined;
  private following: Block | undefined;
  private isCallOut = false;
  private waiting: Respond[] = [];

  constructor(options: BrokerOptions, controller: ControllerClient, brokerEpoch: () => BrokerEpoch) {
    this.options = options;
    this.controller = controller;
    this.brokerEpoch = brokerEpoch;
  }

  /** A new producer id; COORDINATOR_LOAD_IN_PROGRESS where none can be had now, so that the client tries again. */
  next(respond: Respond): void {
    if (this.waiting.length >= MAX_WAITING) {
      return respond({ error: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, producerId: -1 });
    }
    this.waiting.push(respond);
    this.serve();
  }

  /** A new producer id at once, for a coordinator; undefined where none is here, while the controller is asked. */
  take(): ProducerId | undefined {
    const producerId = this.takeFromBlocks();
    this.maybeFetch();
    return producerId;
  }

  private serve(): void {
    while (this.waiting.length > 0) {
      const producerId = this.takeFromBlocks();
      if (producerId === undefined) break;
      this.waiting.shift()?.({ error: ErrorCode.NONE, producerId });
    }
    this.maybeFetch();
  }

  private takeFromBlocks(): ProducerId | undefined {
    if (this.current === undefined || this.current.next >= this.current.end) {
      this.current = this.following;
      this.following = undefined;
    }
    return this.current === undefined ? undefined : this.current.next++;
  }

  /** Asks the controller for a block where the next one is due: ahead of need, for a coordinator that just began. */
  maybeFetch(): void {
    const { current, following } = this;
    const isLow = current === undefined || current.end - current.next <= current.size * PREFETCH_SHARE;
    if (!isLow || following !== undefined || this.isCallOut) return;
    this.isCallOut = true;
    const request = {
      type: 'allocate-producer-ids',
      brokerId: this.options.nodeId,
      brokerEpoch: this.brokerEpoch(),
    } as const;
    this.controller.call(request, TIMEOUT_MS, (outcome) => {
      this.isCallOut = false;
      if (outcome.ok && outcome.answer.error === ErrorCode.NONE) {
        const { firstProducerId, count } = outcome.answer;
        always(firstProducerId >= (this.current?.end ?? 0), 'broker: blocks of producer ids ascend');
        this.following = { next: firstProducerId, end: firstProducerId + count, size: count };
        return this.serve();
      }
      reachable('broker: a block of producer ids cannot be had');
      for (const respond of this.waiting.splice(0)) {
        respond({ error: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, producerId: -1 });
      }
    });
  }
}
