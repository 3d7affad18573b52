/** The failure of bytes that cannot be read. */
import { AppError } from '@hapax/base';

/** Bytes from the network that make no sense; the same bytes will never make sense, and nothing was done with them. */
export function malformed(what: string, reason: string): AppError {
  return new AppError('frame-malformed', `${what}: ${reason}`, { retriable: false, definite: true });
}
