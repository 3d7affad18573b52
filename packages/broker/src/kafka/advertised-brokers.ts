/** The brokers as a client is told of them: their addresses depend on where the client came in. */
import type { NodeId } from '@hapax/base';
import type { Services } from '../services.ts';
import type { RequestContext } from './served-api.ts';

export interface AdvertisedBroker {
  readonly nodeId: NodeId;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** Every broker that is registered and not fenced [H21]. */
export function advertisedBrokers(services: Services, context: RequestContext): AdvertisedBroker[] {
  return services.metadata.image.aliveBrokers().flatMap((broker) => {
    const endpoint = broker.endpoints['kafka'];
    if (endpoint === undefined) return [];
    const { host, port } = services.ports.advertise(endpoint, context.connection);
    return [{ nodeId: broker.brokerId, host, port, rack: broker.rack }];
  });
}

/** One broker as a client is told of it; undefined while it is fenced or not known. */
export function advertisedBroker(
  services: Services,
  context: RequestContext,
  id: NodeId,
): AdvertisedBroker | undefined {
  return advertisedBrokers(services, context).find((broker) => broker.nodeId === id);
}

/** Clients send administrative requests to "the controller": any broker passes them on, so this one names itself. */
export function controllerFor(services: Services): NodeId {
  const { options, metadata } = services;
  if (metadata.image.broker(options.nodeId)?.fenced === false) return options.nodeId;
  const [first] = metadata.image.aliveBrokers();
  return first?.brokerId ?? -1;
}
