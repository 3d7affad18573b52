/** What the end of a connection means for a request, by whether it had left. */
import { AppError } from '@hapax/base';

/** The failure of a request that never left: it certainly did not happen. */
export function unsent(error: AppError): AppError {
  return withDefinite(error, true);
}

/** The failure of a request that left and was not answered: nobody here knows whether it happened. */
export function sent(error: AppError): AppError {
  return withDefinite(error, false);
}

function withDefinite(error: AppError, definite: boolean): AppError {
  if (error.definite === definite) return error;
  const { code, message, retriable, details } = error;
  return new AppError(code, message, { retriable, definite, details, cause: error });
}
