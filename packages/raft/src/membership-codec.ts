/** Memberships and their changes as bytes: JSON text, since they are few, small, and worth reading in a dump. */
import { AppError, decodeText, encodeText } from '@hapax/base';
import type { MemberChange, Membership, MembershipChange } from './membership.ts';

/** The bytes of a membership, for snapshots. */
export function encodeMembership(membership: Membership): Uint8Array {
  return encodeText(JSON.stringify(membership));
}

/** Reads what {@link encodeMembership} wrote; throws `AppError` `data-corrupt` on anything else. */
export function decodeMembership(bytes: Uint8Array): Membership {
  const value = parse(bytes);
  const addresses = listOf(value['addresses'], 'addresses').map((member) => {
    const { id, address } = recordOf(member);
    return { id: idOf(id), address: textOf(address) };
  });
  return {
    voters: listOf(value['voters'], 'voters').map(idOf),
    votersOutgoing: listOf(value['votersOutgoing'], 'votersOutgoing').map(idOf),
    learners: listOf(value['learners'], 'learners').map(idOf),
    learnersNext: listOf(value['learnersNext'], 'learnersNext').map(idOf),
    autoLeave: value['autoLeave'] === true,
    addresses,
  };
}

/** The bytes of a change: what `membership` entries carry. */
export function encodeMembershipChange(change: MembershipChange): Uint8Array {
  return encodeText(JSON.stringify(change));
}

/** Reads what {@link encodeMembershipChange} wrote; throws `AppError` `data-corrupt` on anything else. */
export function decodeMembershipChange(bytes: Uint8Array): MembershipChange {
  const value = parse(bytes);
  const transition = value['transition'];
  if (transition !== 'auto' && transition !== 'joint' && transition !== 'joint-explicit') {
    throw corrupt(`transition ${JSON.stringify(transition)} is not known`);
  }
  return { transition, changes: listOf(value['changes'], 'changes').map(memberChangeOf) };
}

function memberChangeOf(value: unknown): MemberChange {
  const { type, id, address } = recordOf(value);
  if (type === 'remove') return { type, id: idOf(id) };
  if (type === 'add-voter' || type === 'add-learner' || type === 'update') {
    return { type, id: idOf(id), address: textOf(address) };
  }
  throw corrupt(`member change ${JSON.stringify(type)} is not known`);
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  try {
    return recordOf(JSON.parse(decodeText(bytes)));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw corrupt(`${bytes.byteLength} bytes are no JSON`, cause);
  }
}

function recordOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw corrupt(`${JSON.stringify(value)} is no object`);
  return value as Record<string, unknown>;
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw corrupt(`${name} is no list`);
  return value;
}

function idOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw corrupt(`${JSON.stringify(value)} is no id`);
  return value;
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw corrupt(`${JSON.stringify(value)} is no address`);
  return value;
}

function corrupt(what: string, cause?: unknown): AppError {
  return new AppError('data-corrupt', `membership cannot be read: ${what}; restore this node from another one`, {
    retriable: false,
    definite: true,
    cause,
  });
}
