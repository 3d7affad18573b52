/** Calls, replies and statuses survive the wire. */
import { describe, expect, test } from 'vitest';
import {
  decodeControllerCall, decodeControllerReply, decodeNodeStatus, encodeControllerCall, encodeControllerReply,
  encodeNodeStatus, type NodeStatus,
} from '../src/index.ts';
import { messages } from '../src/protobuf.ts';
import { expectMalformed } from './malformed.ts';

describe('a call to the controller', () => {
  test('comes back as it went', () => {
    const body = { isr: [1, 2], name: 'τ' };
    const call = { correlationId: 0, from: 2, method: 'alter-partition', body, timeoutMs: 1000 };
    expect(decodeControllerCall(encodeControllerCall(call))).toEqual(call);
  });

  test('may be without a body', () => {
    const call = { correlationId: 5, from: 2, method: 'heartbeat', body: undefined, timeoutMs: 0 };
    expect(decodeControllerCall(encodeControllerCall(call))).toEqual(call);
  });

  test('whose body is no JSON is malformed', () => {
    expectMalformed(() => decodeControllerCall(messages.ControllerCall.encode({ json: Uint8Array.of(0x7b) }).finish()));
    expectMalformed(() => decodeControllerCall(Uint8Array.of(0x1a, 0x05, 0x41)));
  });
});

describe('a reply of the controller', () => {
  test('comes back as it went', () => {
    const reply = { correlationId: 3, error: 41 as const, errorMessage: '', leaderHint: -1, body: null };
    expect(decodeControllerReply(encodeControllerReply(reply))).toEqual(reply);
  });
});

describe('a status', () => {
  const status: NodeStatus = {
    nodeId: 0, clusterId: 'c', version: '0.1.0', roles: ['broker', 'controller'], ready: false,
    raft: { role: 'follower', term: 0, leaderId: -1, commitIndex: 0, appliedIndex: 0, lastIndex: 0 },
    partitions: [
      {
        topic: 't', partition: 0, role: 'leader', leaderId: 0, leaderEpoch: 0, isr: [0, 1], replicas: [0, 1, 2],
        logStartOffset: 0, logEndOffset: 9, highWatermark: 7, lastStableOffset: 7, holder: undefined,
      },
      {
        topic: 't', partition: 1, role: 'follower', leaderId: 1, leaderEpoch: 0, isr: [], replicas: [],
        logStartOffset: 0, logEndOffset: 9, highWatermark: 7, lastStableOffset: 0,
        holder: { producerId: 0, producerEpoch: 32767, firstOffset: 0, lastTimestampMs: -1 },
      },
    ],
  };

  test('comes back as it went, with raft and without', () => {
    expect(decodeNodeStatus(encodeNodeStatus(status))).toEqual(status);
    const broker = { ...status, raft: undefined, partitions: [] };
    expect(decodeNodeStatus(encodeNodeStatus(broker))).toEqual(broker);
  });
});
