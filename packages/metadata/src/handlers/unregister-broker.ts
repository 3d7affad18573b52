/** An operator removes a broker for good. What it held counts no more, should it ever come back. */
import { ErrorCode } from '@hapax/base';
import { type Handler, refusal, SUCCESS } from '../handler-context.ts';
import { whenBrokerLostData } from '../leadership.ts';

export const unregisterBroker: Handler<'unregister-broker'> = ({ image, heartbeats }, { brokerId }) => {
  const broker = image.broker(brokerId);
  if (broker === undefined) {
    const answer = refusal(ErrorCode.BROKER_ID_NOT_REGISTERED, `broker ${brokerId} is not registered`);
    return { records: [], answer };
  }
  heartbeats.remove(brokerId);
  const { brokerEpoch } = broker;
  const gone = { type: 'unregister-broker' as const, brokerId, brokerEpoch };
  return { records: [...whenBrokerLostData(image, brokerId), gone], answer: SUCCESS };
};
