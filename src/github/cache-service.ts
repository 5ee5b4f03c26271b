import { describeError } from '../errors.ts';
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
  try {
    const answer = await fetch(new URL(method, env.ACTIONS_RESULTS_URL), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${env.ACTIONS_RUNTIME_TOKEN}`,
      },
      body: JSON.stringify({ key: 'deploy-lambda-container', restore_keys: [], version: '0' }),
      signal: AbortSignal.timeout(answerLimit),
    });
    return answer.ok ? '' : `it answers HTTP ${answer.status}`;
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError')
      return `it does not answer within ${answerLimit / 1000} s`;
    return `it cannot be reached: ${describeError(error instanceof Error && error.cause ? error.cause : error)}`;
  }
}
