/** The controller lane: calls to the active controller and their replies, to bytes and back. */
import { decodeText, encodeText, type ErrorCode, type NodeId } from '@hapax/base';
import { decodeMessage, malformed, messages } from './protobuf.ts';

/** A call. `body` is plain data that JSON can hold. */
export interface ControllerCall {
  readonly correlationId: number;
  readonly from: NodeId;
  readonly method: string;
  readonly body: unknown;
  readonly timeoutMs: number;
}

/** The answer to the call with the same correlation id. */
export interface ControllerReply {
  readonly correlationId: number;
  readonly error: ErrorCode;
  /** Empty where there is nothing to say. */
  readonly errorMessage: string;
  /** With NOT_CONTROLLER: who leads as far as the callee knows; else −1. */
  readonly leaderHint: NodeId;
  readonly body: unknown;
}

/** Bytes of a call. */
export function encodeControllerCall(call: ControllerCall): Uint8Array {
  return messages.ControllerCall.encode({ ...call, json: toJson(call.body) }).finish();
}

/** The call of bytes. Throws `frame-malformed`, also where the body is no JSON. */
export function decodeControllerCall(bytes: Uint8Array): ControllerCall {
  const wire = decodeMessage(messages.ControllerCall, 'ControllerCall', bytes);
  const { correlationId, from, method, timeoutMs } = wire;
  return { correlationId, from, method, body: fromJson(wire.json), timeoutMs };
}

/** Bytes of a reply. */
export function encodeControllerReply(reply: ControllerReply): Uint8Array {
  return messages.ControllerReply.encode({ ...reply, json: toJson(reply.body) }).finish();
}

/** The reply of bytes. Throws `frame-malformed`, also where the body is no JSON. */
export function decodeControllerReply(bytes: Uint8Array): ControllerReply {
  const wire = decodeMessage(messages.ControllerReply, 'ControllerReply', bytes);
  const { correlationId, errorMessage, leaderHint } = wire;
  return { correlationId, error: wire.error as ErrorCode, errorMessage, leaderHint, body: fromJson(wire.json) };
}

/** No bytes stand for `undefined`, which JSON cannot say. */
function toJson(body: unknown): Uint8Array {
  return body === undefined ? new Uint8Array() : encodeText(JSON.stringify(body));
}

function fromJson(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) return undefined;
  try {
    return JSON.parse(decodeText(bytes));
  } catch (cause) {
    throw malformed(`a body of ${bytes.byteLength} bytes is no JSON`, cause);
  }
}
