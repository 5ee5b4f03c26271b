import { Budget } from '../aws/budget.ts';
import type { FunctionUrl, UrlApi } from '../aws/function-url.ts';
import type { Log } from '../github/log.ts';
import type { SmokeInputs } from './smoke-inputs.ts';

/** Where the URL is wanted for the record alone, no deploy waits longer for it. */
const RECORD_MS = 2_000;

/**
 * The function URL of the alias, or without one of the function itself.
 * @returns undefined where there is none; also where it cannot be read and no smoke test needs it
 * @throws ApiError, OutOfTime where `smoke-url` needs it
 */
export async function findUrl(
  functionName: string,
  { alias, smoke }: { alias: string; smoke?: SmokeInputs },
  { urls, log }: { urls: UrlApi; log: Log },
  budget: Budget,
): Promise<FunctionUrl | undefined> {
  if (smoke?.url === 'auto') return await urls.find(functionName, alias, budget);
  try {
    return await urls.find(functionName, alias, new Budget(RECORD_MS, budget.signal));
  } catch (error) {
    // A role without lambda:GetFunctionUrlConfig deploys as well; the URL is only shown.
    log.debug(`The function URL is not known: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
