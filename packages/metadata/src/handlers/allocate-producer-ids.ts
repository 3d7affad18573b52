/** A broker gets a block of producer ids, which nobody else will ever get [I19]. */
import { checkBrokerEpoch, type Handler, SUCCESS } from '../handler-context.ts';

/** How many ids a block has. */
const PRODUCER_ID_BLOCK = 1000;

export const allocateProducerIds: Handler<'allocate-producer-ids'> = ({ image }, { brokerId, brokerEpoch }) => {
  const refused = checkBrokerEpoch(image, brokerId, brokerEpoch);
  if (refused !== undefined) return { records: [], answer: { ...refused, firstProducerId: -1, count: 0 } };
  const firstProducerId = image.nextProducerId;
  const nextProducerId = firstProducerId + PRODUCER_ID_BLOCK;
  return {
    records: [{ type: 'producer-ids', brokerId, brokerEpoch, nextProducerId }],
    answer: { ...SUCCESS, firstProducerId, count: PRODUCER_ID_BLOCK },
  };
};
