/** A node lost its connection to a broker: a hint, which shortens that broker's session unless it reports. */
import { ErrorCode } from '@hapax/base';
import { type Handler, refusal, SUCCESS } from '../handler-context.ts';

export const brokerSuspect: Handler<'broker-suspect'> = ({ image, heartbeats }, { brokerId }) => {
  if (image.broker(brokerId) === undefined) {
    const answer = refusal(ErrorCode.BROKER_ID_NOT_REGISTERED, `broker ${brokerId} is not registered`);
    return { records: [], answer };
  }
  heartbeats.suspect(brokerId);
  return { records: [], answer: SUCCESS };
};
