/** Asks every node about itself, over the service that nodes have for tools. */
import { AppError, type Endpoint } from '@hapax/base';
import type { Admin } from '@hapax/client';
import { InspectionClient } from '@hapax/rpc/client';
import { describeQuorum } from '@hapax/wire';
import type { Command } from 'commander';
import { usage } from './exit-code.ts';
import { ProbeConnection } from './probe-connection.ts';
import { note, type Terminal } from './terminal.ts';

/** What a node says of itself, and of its coordinators. */
export type NodeStatus = Awaited<ReturnType<InspectionClient['status']>>;
export type CoordinatorsStatus = Awaited<ReturnType<InspectionClient['coordinators']>>;
export type TransactionTimeline = Awaited<ReturnType<InspectionClient['timeline']>>;

export interface PeerFlags {
  readonly peers?: string;
  /** How long to try, in milliseconds. */
  readonly timeout: number;
}

const PEERS_VARIABLE = 'HAPAX_PEERS';
/** A node that is down must not make people wait for all the others' answers. */
const NODE_TIMEOUT_MS = 3000;
/** The first version of DescribeQuorum that says where members are reached [KIP-853]. */
const QUORUM_VERSION = 2;

/** Adds `--peers`. */
export function peersOption(command: Command): Command {
  return command.option(
    '--peers <host:port,…>',
    `where nodes are asked about themselves (env ${PEERS_VARIABLE}; default: their peer ports, as the cluster says)`,
  );
}

/**
 * Asks all nodes at once. Nodes that do not answer are noted, and left out. Throws `connection-lost` where none
 * answers, and `usage` where `--peers` makes no sense.
 */
export async function askNodes<T>(
  terminal: Terminal,
  admin: Admin,
  flags: PeerFlags,
  ask: (client: InspectionClient, options: { readonly timeoutMs: number }) => Promise<T>,
): Promise<T[]> {
  const nodes = await peersOf(terminal, admin, flags);
  const timeoutMs = Math.min(flags.timeout, NODE_TIMEOUT_MS);
  const outcomes = await Promise.allSettled(
    nodes.map(async (node) => {
      const client = new InspectionClient(node);
      try {
        return await ask(client, { timeoutMs });
      } finally {
        client.close();
      }
    }),
  );
  const answers = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failures = outcomes.flatMap((one) => (one.status === 'rejected' ? [messageOf(one.reason)] : []));
  if (answers.length === 0) throw nobody(failures);
  for (const failure of failures) note(terminal, `left out: ${failure}`);
  return answers;
}

/** Where nodes are asked: as the command line or the environment says, else as the cluster does. */
async function peersOf(terminal: Terminal, admin: Admin, flags: PeerFlags): Promise<readonly Endpoint[]> {
  const given = flags.peers ?? terminal.environment[PEERS_VARIABLE];
  if (given !== undefined) return given.split(',').map(parsePeer);
  const { brokers } = await admin.describeCluster();
  const failures: string[] = [];
  for (const broker of brokers) {
    try {
      const peers = await membersOf(broker, Math.min(flags.timeout, NODE_TIMEOUT_MS));
      if (peers.length > 0) return peers;
      failures.push(`${broker.host}:${broker.port} does not say where nodes are reached`);
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  throw nobody(failures);
}

/** Every node is a member of the group behind the metadata, with a vote or without, and has its address there. */
async function membersOf(broker: Endpoint, timeoutMs: number): Promise<Endpoint[]> {
  const connection = await ProbeConnection.open(broker, timeoutMs);
  try {
    const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
    const { nodes } = await connection.ask(describeQuorum, QUORUM_VERSION, { topics }, timeoutMs);
    return nodes.flatMap(({ listeners }) => listeners.slice(0, 1).map(({ host, port }) => ({ host, port })));
  } finally {
    connection.close();
  }
}

function parsePeer(text: string): Endpoint {
  const found = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:]+)):(?<port>\d{1,5})$/u.exec(text.trim())?.groups;
  if (found === undefined) throw usage(`--peers: "${text}" is no address: write host:port, or [IPv6]:port`);
  return { host: found['v6'] ?? found['host'] ?? '', port: Number(found['port']) };
}

function nobody(failures: readonly string[]): AppError {
  const message =
    `no node answers about itself (${failures.join('; ')}): ` +
    'run this where the peer ports (9192) are reached, or name them with --peers';
  return new AppError('connection-lost', message, { retriable: true, definite: true });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
