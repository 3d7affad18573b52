/** DescribeCluster: the brokers and the cluster's id [KIP-700]. */
import { ErrorCode } from '@hapax/base';
import type { describeCluster } from '@hapax/wire';
import { advertisedBrokers, controllerFor } from '../kafka/advertised-brokers.ts';
import type { Handler } from '../kafka/served-api.ts';

const BROKERS = 1;
const CONTROLLERS = 2;
const ENDPOINT_TYPES_FROM = 1;

export const handleDescribeCluster: Handler<typeof describeCluster> = (services, request, context, answer) => {
  if (context.apiVersion >= ENDPOINT_TYPES_FROM && request.endpointType !== BROKERS) {
    const errorMessage = `endpoint type ${request.endpointType} is not served here; ask for brokers (${BROKERS})`;
    const isKnown = request.endpointType === CONTROLLERS;
    const errorCode = isKnown ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE;
    return answer({ errorCode, errorMessage, clusterId: '', controllerId: -1, brokers: [] });
  }
  answer({
    errorCode: ErrorCode.NONE,
    clusterId: services.options.clusterId,
    controllerId: controllerFor(services),
    brokers: advertisedBrokers(services, context).map(({ nodeId, host, port, rack }) => ({
      brokerId: nodeId,
      host,
      port,
      rack,
    })),
  });
};
