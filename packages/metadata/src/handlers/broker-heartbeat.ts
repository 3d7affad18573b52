/** A broker reports; the controller unfences it, fences it, or lets it go [H20]. */
import type { BrokerImage, ClusterImage } from '../cluster-image.ts';
import { checkBrokerEpoch, type Handler, type HandlerContext, SUCCESS } from '../handler-context.ts';
import { leadershipCount, whenBrokerComes, whenBrokerLeaves } from '../leadership.ts';
import type { MetadataRecord } from '../records.ts';
import type { BrokerHeartbeatRequest } from '../requests.ts';

export const brokerHeartbeat: Handler<'broker-heartbeat'> = (context, request) => {
  const { image, heartbeats } = context;
  const { brokerId, brokerEpoch, currentMetadataOffset } = request;
  const metadataOffset = image.metadataOffset;
  const refused = checkBrokerEpoch(image, brokerId, brokerEpoch);
  const broker = image.broker(brokerId);
  if (refused !== undefined || broker === undefined) {
    const answer = { isCaughtUp: false, isFenced: true, shouldShutdown: false, metadataOffset };
    return { records: [], answer: { ...(refused ?? SUCCESS), ...answer } };
  }
  heartbeats.onHeartbeat(brokerId, brokerEpoch, currentMetadataOffset);
  const isCaughtUp = currentMetadataOffset >= brokerEpoch;
  const step = nextStep(context, broker, request);
  // It will not be heard of again: the next process under this id need not wait for the session to end.
  if (step === 'shut-down') heartbeats.remove(brokerId);
  return {
    records: recordsOf(image, broker, step),
    answer: {
      ...SUCCESS,
      isCaughtUp,
      isFenced: step === 'unfence' ? false : broker.fenced || step === 'fence' || step === 'shut-down',
      shouldShutdown: step === 'shut-down',
      metadataOffset,
    },
  };
};

/** The records that fence a broker, and move away all that it leads. None where it is fenced already. */
export function fencingRecords(image: ClusterImage, broker: BrokerImage): MetadataRecord[] {
  if (broker.fenced) return [];
  const { brokerId, brokerEpoch } = broker;
  const change: MetadataRecord = { type: 'broker-change', brokerId, brokerEpoch, fenced: true };
  return [change, ...whenBrokerLeaves(image, brokerId)];
}

/**
 * fenced    → unfenced (caught up, wants to serve), shut-down (wants to stop)
 * unfenced  → fenced (wants it), controlled shutdown (wants to stop)
 * controlled shutdown → shut-down, once it leads nothing and every live broker knows that
 */
type Step = 'stay' | 'unfence' | 'fence' | 'begin-shutdown' | 'shut-down';

function nextStep(context: HandlerContext, broker: BrokerImage, request: BrokerHeartbeatRequest): Step {
  if (broker.fenced) {
    if (request.wantShutdown) return 'shut-down';
    const mayServe = !request.wantFence && request.currentMetadataOffset >= broker.brokerEpoch;
    return mayServe ? 'unfence' : 'stay';
  }
  if (request.wantFence) return 'fence';
  if (broker.inControlledShutdown) return mayStop(context, broker) ? 'shut-down' : 'stay';
  if (!request.wantShutdown) return 'stay';
  return leadershipCount(context.image, broker.brokerId) > 0 ? 'begin-shutdown' : 'shut-down';
}

function mayStop({ image, heartbeats }: HandlerContext, broker: BrokerImage): boolean {
  if (leadershipCount(image, broker.brokerId) > 0) return false;
  const offset = heartbeats.shutdownOffset(broker.brokerId, image.metadataOffset);
  const others = image.aliveBrokers().filter((other) => other.brokerId !== broker.brokerId);
  return others.every((other) => heartbeats.metadataOffset(other.brokerId) >= offset);
}

function recordsOf(image: ClusterImage, broker: BrokerImage, step: Step): MetadataRecord[] {
  const { brokerId, brokerEpoch } = broker;
  switch (step) {
    case 'stay':
      return [];
    case 'fence':
    case 'shut-down':
      return fencingRecords(image, broker);
    case 'unfence':
      return [
        { type: 'broker-change', brokerId, brokerEpoch, fenced: false },
        ...(broker.inControlledShutdown ? [] : whenBrokerComes(image, brokerId)),
      ];
    case 'begin-shutdown':
      return [
        { type: 'broker-change', brokerId, brokerEpoch, inControlledShutdown: true },
        ...whenBrokerLeaves(image, brokerId),
      ];
  }
}
