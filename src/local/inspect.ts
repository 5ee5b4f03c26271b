import { localAlias } from './deploy.ts';
import { ensureFunctionUrl } from './function.ts';
import { runningServer } from './server-process.ts';

/**
 * Asks the function's URL for a path and prints status, content type and body.
 * @returns 0 where it answered with a status below 400, else 1
 * @throws DeployError where nothing runs or no such function is deployed
 */
export async function invokeUrl(
  folder: string,
  functionName: string,
  path: string,
  print: (line: string) => void,
): Promise<number> {
  const url = await ensureFunctionUrl(await runningServer(folder), functionName, localAlias);
  const answer = await fetch(new URL(path, url), { signal: AbortSignal.timeout(60_000) });
  print(`${answer.status} ${answer.headers.get('content-type') ?? ''}`);
  print(await answer.text());
  return answer.status < 400 ? 0 : 1;
}
