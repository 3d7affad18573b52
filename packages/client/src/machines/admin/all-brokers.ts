/** Questions to every broker, where each knows only its own part of the answer. */
import { AppError } from '@hapax/base';
import type { Decoded, Fields } from '@hapax/wire';
import { call, type Call } from '../call.ts';
import { failure, success, type Done } from '../outcome.ts';
import type { AdminContext } from './admin-context.ts';

/** Asks all brokers. Fails if one of them does not answer, since its part would be missing. */
export function askAllBrokers<Request extends Fields, Response extends Fields>(
  context: AdminContext,
  question: Omit<Call<Request, Response>, 'target' | 'lane' | 'deadlineMs'>,
  done: Done<readonly Decoded<Response>[]>,
): void {
  const { cluster, lane, timeoutMs } = context;
  const nodeIds = [...cluster.cache.brokers.keys()];
  const responses: Decoded<Response>[] = [];
  let open = nodeIds.length;
  let failed: AppError | undefined;
  if (open === 0) {
    const error = new AppError('connection-lost', 'no broker is known yet; try again', {
      retriable: true,
      definite: true,
    });
    cluster.ports.scheduler.defer(() => done(failure(error)));
    return;
  }
  for (const nodeId of nodeIds) {
    const target = { kind: 'node', nodeId } as const;
    call(cluster, { ...question, target, lane, deadlineMs: timeoutMs }, (outcome) => {
      if (outcome.ok) responses.push(outcome.value.response);
      else failed ??= outcome.error;
      open -= 1;
      if (open === 0) done(failed === undefined ? success(responses) : failure(failed));
    });
  }
}
