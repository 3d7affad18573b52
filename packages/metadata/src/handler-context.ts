/** What every handler is given, and what it gives back. Handlers decide; only the image's replay writes. */
import { type BrokerEpoch, ErrorCode, type NodeId, type Random } from '@hapax/base';
import type { ClusterImage } from './cluster-image.ts';
import type { ControllerConfig } from './controller-config.ts';
import type { Heartbeats } from './heartbeats.ts';
import type { MetadataRecord } from './records.ts';
import type { ControllerOperations, OperationName, Result } from './requests.ts';

export interface HandlerContext {
  /** With every appended record in it, committed or not. Never written to. */
  readonly image: ClusterImage;
  /** Soft state, which handlers may touch. */
  readonly heartbeats: Heartbeats;
  readonly config: ControllerConfig;
  readonly random: Random;
}

/** The records that make it so, all or none; and the answer to give once they are committed. */
export interface HandlerResult<A> {
  readonly records: readonly MetadataRecord[];
  readonly answer: A;
}

/** Decides one operation. */
export type Handler<T extends OperationName> = (
  context: HandlerContext,
  request: ControllerOperations[T]['request'],
) => HandlerResult<ControllerOperations[T]['answer']>;

/** It went well, and there is nothing to say. */
export const SUCCESS: Result = { error: ErrorCode.NONE, message: null };

/** It is refused, and this is why. */
export function refusal(error: ErrorCode, message: string): Result {
  return { error, message };
}

/** Why a broker may not speak under an epoch, or undefined where it may [H20]. */
export function checkBrokerEpoch(
  image: ClusterImage,
  brokerId: NodeId,
  brokerEpoch: BrokerEpoch,
): Result | undefined {
  const broker = image.broker(brokerId);
  if (broker === undefined) {
    return refusal(ErrorCode.STALE_BROKER_EPOCH, `broker ${brokerId} is not registered: register it first`);
  }
  if (broker.brokerEpoch === brokerEpoch) return undefined;
  const epochs = `broker ${brokerId} has epoch ${broker.brokerEpoch}, not ${brokerEpoch}`;
  return refusal(ErrorCode.STALE_BROKER_EPOCH, `${epochs}: a newer process registered under this id`);
}
