/** A broker's process registers: it begins fenced, under a new epoch [H19]. */
import { ErrorCode, reachable } from '@hapax/base';
import type { BrokerImage } from '../cluster-image.ts';
import { type Handler, type HandlerContext, type HandlerResult, refusal, SUCCESS } from '../handler-context.ts';
import { whenBrokerLeaves, whenBrokerLostData } from '../leadership.ts';
import type { BrokerRegistration, MetadataRecord } from '../records.ts';
import type { RegisterBrokerAnswer, RegisterBrokerRequest, Result } from '../requests.ts';

/** Stands in an answer for the index of the entry that the registration will have. */
export const EPOCH_OF_ENTRY = -2;

export const registerBroker: Handler<'register-broker'> = (context, request) => {
  const { image, heartbeats } = context;
  const refused = checkRegistration(context, request);
  if (refused !== undefined) {
    return { records: [], answer: { ...refused, brokerEpoch: -1, clusterId: image.clusterId ?? null } };
  }
  const existing = image.broker(request.brokerId);
  if (existing?.incarnationId === request.incarnationId) return registerAgain(context, existing, request);
  if (existing !== undefined) {
    if (heartbeats.hasSession(request.brokerId)) {
      // The process that is registered may be dead: then its session ends after the grace, and the next try succeeds.
      reachable('metadata: a broker registers before its former process is fenced');
      heartbeats.suspect(request.brokerId);
      return { records: [], answer: { ...duplicate(existing), brokerEpoch: -1, clusterId: image.clusterId ?? null } };
    }
  }
  return {
    records: [registration(request, null, existing), ...leaving(context, request, existing)],
    answer: { ...SUCCESS, brokerEpoch: EPOCH_OF_ENTRY, clusterId: image.clusterId ?? null },
  };
};

function checkRegistration(context: HandlerContext, request: RegisterBrokerRequest): Result | undefined {
  const { image, config } = context;
  if (request.clusterId !== null && request.clusterId !== image.clusterId) {
    const both = `expected cluster id ${image.clusterId}, but got ${request.clusterId}`;
    return refusal(ErrorCode.INCONSISTENT_CLUSTER_ID, `${both}: the node's data belongs to another cluster`);
  }
  for (const [listener, { host, port }] of Object.entries(request.endpoints)) {
    if (host !== '' && Number.isInteger(port) && port >= 1 && port <= 65535) continue;
    const message = `listener ${listener} of broker ${request.brokerId} is at '${host}:${port}': no such address`;
    return refusal(ErrorCode.INVALID_REGISTRATION, message);
  }
  if (image.broker(request.brokerId) === undefined && image.brokers.length >= config.brokersMax) {
    return refusal(ErrorCode.POLICY_VIOLATION, `${image.brokers.length} brokers are registered, the limit is reached`);
  }
  for (const [name, level] of image.features) {
    const range = request.features[name];
    if (range !== undefined && level >= range.min && level <= range.max) continue;
    const supported = range === undefined ? 'does not know it' : `supports ${range.min} to ${range.max}`;
    const message = `feature ${name} is finalized at ${level}, but broker ${request.brokerId} ${supported}`;
    return refusal(ErrorCode.UNSUPPORTED_VERSION, message);
  }
  return undefined;
}

/** The same process asks again: it keeps its epoch and its state; only what it says of itself may differ. */
function registerAgain(
  { image, heartbeats }: HandlerContext,
  existing: BrokerImage,
  request: RegisterBrokerRequest,
): HandlerResult<RegisterBrokerAnswer> {
  heartbeats.touch(existing.brokerId, existing.brokerEpoch);
  const record = registration(request, existing.brokerEpoch, existing);
  const same = JSON.stringify(facts(existing)) === JSON.stringify(facts(request));
  const answer = { ...SUCCESS, brokerEpoch: existing.brokerEpoch, clusterId: image.clusterId ?? null };
  return { records: same ? [] : [record], answer };
}

function registration(
  request: RegisterBrokerRequest,
  brokerEpoch: number | null,
  existing: BrokerImage | undefined,
): MetadataRecord {
  const isSameProcess = brokerEpoch !== null;
  return {
    type: 'register-broker',
    ...facts(request),
    brokerEpoch,
    fenced: isSameProcess ? (existing?.fenced ?? true) : true,
    inControlledShutdown: isSameProcess && existing?.inControlledShutdown === true,
  };
}

function facts(registration: BrokerRegistration): BrokerRegistration {
  const { brokerId, incarnationId, endpoints, rack, features } = registration;
  return { brokerId, incarnationId, endpoints, rack, features };
}

/** The process before this one is gone, though it may not have been fenced yet; its data may be gone too [bug 83]. */
function leaving(
  { image }: HandlerContext,
  request: RegisterBrokerRequest,
  existing: BrokerImage | undefined,
): MetadataRecord[] {
  if (existing === undefined) return [];
  const wasClean = request.previousBrokerEpoch === existing.brokerEpoch;
  return wasClean ? whenBrokerLeaves(image, request.brokerId) : whenBrokerLostData(image, request.brokerId);
}

function duplicate(existing: BrokerImage): Result {
  const message =
    `Another broker is registered with id ${existing.brokerId} (epoch ${existing.brokerEpoch}). ` +
    'If it was just restarted, this resolves itself when the session of the process before it ends.';
  return refusal(ErrorCode.DUPLICATE_BROKER_REGISTRATION, message);
}
