/** What the SDK's HTTP handler is told. */
export interface RequestLimit {
  requestTimeout: number;
  connectionTimeout: number;
  throwOnRequestTimeout: true;
}

/**
 * Bounds one request of an AWS client. Without the last field the SDK only warns when `requestTimeout` is over, and
 * waits on. Source: @smithy/node-http-handler, set-request-timeout.
 * @param ms milliseconds to the connection, and to the first byte of the answer
 */
export function requestLimit(ms: number): RequestLimit {
  return { requestTimeout: ms, connectionTimeout: ms, throwOnRequestTimeout: true };
}

/** Why a call of AWS failed, in one clause without a period: the SDK's own words are for programmers. */
export function failureReason(error: unknown): string {
  const { message, code, name } = error instanceof Error ? fields(error) : fields(new Error(String(error)));
  if (name === 'TimeoutError') return 'no answer in time';
  // Node's error for a host with several addresses has no text of its own.
  return (message || code || name).replace(/\.$/, '');
}

function fields(error: Error): { message: string; name: string; code: string } {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { message: error.message, name: error.name, code };
}
