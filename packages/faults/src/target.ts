/**
 * Whom a fault is done to, by name or by role: `node(1)`, `nodes(0,2)`, `all`, `clients`, `controller.leader`,
 * `leader(topic-0)`, `isr(topic-0)`, `replicas(topic-0)`, `coordinator(id)`, `A.minus(B)` of any two, and `event.node`:
 * where the event came that the fault has waited for.
 */
import type { NodeId } from '@hapax/base';

/** A target, taken apart. Roles are looked up when the fault comes, not before. */
export type Target =
  | { readonly type: 'all' }
  | { readonly type: 'clients' }
  | { readonly type: 'nodes'; readonly ids: readonly NodeId[] }
  | { readonly type: 'controller-leader' | 'event-node' }
  | { readonly type: 'leader' | 'isr' | 'replicas'; readonly topic: string; readonly partition: number }
  | { readonly type: 'coordinator'; readonly transactionalId: string }
  | { readonly type: 'minus'; readonly of: Target; readonly without: Target };

/** The target of a text, or what is wrong with it. */
export function parseTarget(text: string): Target | string {
  const minus = /^(.*)\.minus\((.*)\)$/u.exec(text);
  if (minus !== null) return parseDifference(minus[1] as string, minus[2] as string);
  if (text === 'all' || text === 'clients') return { type: text };
  if (text === 'controller.leader') return { type: 'controller-leader' };
  if (text === 'event.node') return { type: 'event-node' };
  const call = /^([a-z]+)\(([^()]+)\)$/u.exec(text);
  const [, role = '', argument = ''] = call ?? [];
  if (role === 'node' || role === 'nodes') return parseIds(argument);
  if (role === 'coordinator') return { type: 'coordinator', transactionalId: argument };
  if (role === 'leader' || role === 'isr' || role === 'replicas') return parsePartition(role, argument);
  return `${JSON.stringify(text)} is no target: give all, clients, node(N), nodes(N,M), controller.leader, ` +
    'event.node, leader(TOPIC-N), isr(TOPIC-N), replicas(TOPIC-N), coordinator(ID), or A.minus(B)';
}

function parseDifference(of: string, without: string): Target | string {
  const whole = parseTarget(of);
  if (typeof whole === 'string') return whole;
  // Within `isr(topic-0).minus(leader)` the partition is that of the whole.
  const isSamePartition = without === 'leader' && 'topic' in whole;
  const part: Target | string = isSamePartition ? { ...whole, type: 'leader' } : parseTarget(without);
  return typeof part === 'string' ? part : { type: 'minus', of: whole, without: part };
}

function parseIds(text: string): Target | string {
  const ids = text.split(',').map((id) => (/^\s*\d+\s*$/u.test(id) ? Number(id) : NaN));
  if (!ids.some(Number.isNaN)) return { type: 'nodes', ids };
  return `${JSON.stringify(text)} is no list of nodes: give numbers like 0,2`;
}

function parsePartition(type: 'leader' | 'isr' | 'replicas', text: string): Target | string {
  const [, topic, partition] = /^(.+)-(\d+)$/u.exec(text) ?? [];
  if (topic === undefined) return `${JSON.stringify(text)} is no partition: give its topic and number, like orders-0`;
  return { type, topic, partition: Number(partition) };
}
