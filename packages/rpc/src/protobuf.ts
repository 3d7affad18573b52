/** The generated messages, with 64-bit integers as plain numbers: no offset, index or epoch comes near 2^53. */
import './numbers-only.ts';
import { AppError } from '@hapax/base';
import protobuf, { type Reader, type Writer as MessageWriter } from 'protobufjs/minimal.js';
import { hapax } from './generated/hapax.js';

/** The messages of `proto/hapax/v1`. */
export const messages = hapax.v1;

/** Writes single fields, for messages that are put together by hand. */
export const { Writer } = protobuf;

interface Codec<T> {
  encode(message: never, writer?: MessageWriter): MessageWriter;
  decode(reader: Reader | Uint8Array): T;
}

/** Decodes bytes from the network. Throws `frame-malformed` where they are no such message. Byte fields are views. */
export function decodeMessage<T>(codec: Codec<T>, name: string, bytes: Uint8Array): T {
  try {
    return codec.decode(bytes);
  } catch (cause) {
    throw malformed(`${bytes.byteLength} bytes are no ${name}`, cause);
  }
}

/** The failure of bytes that parse but make no sense. */
export function malformed(message: string, cause?: unknown): AppError {
  return new AppError('frame-malformed', message, { retriable: false, definite: true, cause });
}
