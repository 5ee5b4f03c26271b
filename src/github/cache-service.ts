import { describeError } from '../errors.ts';
import { readBody, sendHttp } from '../http.ts';
import type { Environment } from './inputs.ts';

/** A service that is well answers a look-up in some 50 ms. */
const answerLimit = 5_000;

/**
 * Asks the job's cache service anything. BuildKit waits without end for one that takes a request and never answers,
 * and retries for a while where it throttles: this finds out beforehand, beside other work.
 * Source: github.com/actions/toolkit, packages/cache, generated/results/api/v1/cache.
 * @param env ACTIONS_RESULTS_URL and ACTIONS_RUNTIME_TOKEN
 * @returns why the service is of no use now, as the end of a sentence; '' where it answers
 */
export async function cacheServiceTrouble(env: Environment): Promise<string> {
  const method = 'twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL';
  const signal = AbortSignal.timeout(answerLimit);
  try {
    const { status, body } = await sendHttp(new URL(method, env.ACTIONS_RESULTS_URL).href, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${env.ACTIONS_RUNTIME_TOKEN}`,
      },
      body: JSON.stringify({ key: 'deploy-lambda-container', restore_keys: [], version: '0' }),
      signal,
    });
    await readBody(body);
    return status < 300 ? '' : `it answers HTTP ${status}`;
  } catch (error) {
    if (signal.aborted) return `it does not answer within ${answerLimit / 1000} s`;
    return `it cannot be reached: ${describeError(error)}`;
  }
}
