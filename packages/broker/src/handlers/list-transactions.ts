/** ListTransactions: the transactions that this broker coordinates. Clients ask every broker [KIP-664, X4]. */
import { ErrorCode } from '@hapax/base';
import { STATES } from '@hapax/txn';
import type { listTransactions, ResponseInput } from '@hapax/wire';
import type { Handler } from '../kafka/served-api.ts';

type State = NonNullable<ResponseInput<typeof listTransactions>['transactionStates']>[number];

export const handleListTransactions: Handler<typeof listTransactions> = (services, request, _context, answer) => {
  const { wallMs } = services.transactions.instant();
  const transactionStates: State[] = [];
  const known: ReadonlySet<string> = new Set(STATES);
  const unknownStateFilters = request.stateFilters.filter((name) => !known.has(name));
  for (const { coordinator } of services.transactions.led()) {
    const listed = coordinator.listTransactions(request, wallMs);
    if ((listed.errorCode ?? ErrorCode.NONE) !== ErrorCode.NONE) return answer(listed);
    transactionStates.push(...(listed.transactionStates ?? []));
  }
  answer({ errorCode: ErrorCode.NONE, unknownStateFilters, transactionStates });
};
