/** Who asks a group coordinator, in its words. */
import type { RequestContext as GroupContext } from '@hapax/group';
import type { Services } from '../services.ts';
import type { RequestContext } from './served-api.ts';

/** The context of a request, as the group coordinator takes it. */
export function groupContext(services: Services, context: RequestContext): GroupContext {
  return {
    apiVersion: context.apiVersion,
    clientId: context.clientId,
    // Kafka writes addresses with a slash in front; tools show them as they are.
    clientHost: `/${context.connection.remoteAddress.host}`,
    wallMs: services.ports.clock.wallMs(),
  };
}
