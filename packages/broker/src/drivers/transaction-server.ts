/** The called side of the transactions lane: takes the calls of other nodes and sends the answers back, by turns. */
import type { Connection, ConnectionHandler, Logger } from '@hapax/base';
import { decodeTransactionCalls, encodeTransactionReplies, type TransactionReply } from '@hapax/rpc';
import { EndOfTurn } from '../end-of-turn.ts';
import type { BrokerOptions } from '../options.ts';
import type { BrokerPorts } from '../ports.ts';
import { acceptHello } from './peer-hello.ts';
import type { TransactionService } from './transaction-links.ts';

interface Caller {
  readonly connection: Connection;
  /** Answers of this turn. */
  replies: TransactionReply[];
  isClosed: boolean;
}

/** Serves the lane `transactions` of this node. */
export class TransactionServer {
  private readonly options: BrokerOptions;
  private readonly ports: BrokerPorts;
  private readonly service: TransactionService;
  private readonly logger: Logger;
  private readonly callers = new Set<Caller>();
  private readonly replying: EndOfTurn;

  constructor(options: BrokerOptions, ports: BrokerPorts, service: TransactionService) {
    this.options = options;
    this.ports = ports;
    this.service = service;
    this.logger = ports.logger.child({ component: 'transaction-server' });
    this.replying = new EndOfTurn(ports.scheduler, () => this.replyAll());
  }

  start(): void {
    this.ports.peers.listen('transactions', (connection) => this.accept(connection));
  }

  stop(): void {
    for (const caller of this.callers) caller.connection.close('node stops');
  }

  private accept(connection: Connection): ConnectionHandler {
    let caller: Caller | undefined;
    return {
      onMessage: (bytes) => {
        if (caller !== undefined) return this.receive(caller, bytes);
        const hello = acceptHello(bytes, connection, { clusterId: this.options.clusterId, logger: this.logger });
        if (hello === undefined) return;
        caller = { connection, replies: [], isClosed: false };
        this.callers.add(caller);
      },
      onClose: () => {
        if (caller === undefined) return;
        caller.isClosed = true;
        this.callers.delete(caller);
      },
    };
  }

  private receive(caller: Caller, bytes: Uint8Array): void {
    for (const { requestId, request } of decodeTransactionCalls(bytes)) {
      this.service.serve(request, (answer) => {
        if (caller.isClosed) return;
        caller.replies.push({ requestId, answer });
        this.replying.ask();
      });
    }
  }

  private replyAll(): void {
    for (const caller of this.callers) {
      if (caller.replies.length === 0) continue;
      const { replies } = caller;
      caller.replies = [];
      caller.connection.send([encodeTransactionReplies(replies)]);
    }
  }
}
