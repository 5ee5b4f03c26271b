import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { DeployError } from '../errors.ts';
import { localAlias } from './deploy.ts';
import { ensureFunctionUrl, localRegion } from './function.ts';
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

/**
 * Prints what a function logged, oldest first.
 * @throws DeployError where nothing runs or the function never ran
 */
export async function showLogs(
  folder: string,
  functionName: string,
  print: (line: string) => void,
): Promise<void> {
  const logs = new CloudWatchLogsClient({
    endpoint: await runningServer(folder),
    region: localRegion,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    let nextToken: string | undefined;
    do {
      const page = await logs.send(
        new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${functionName}`, nextToken }),
      );
      for (const event of page.events ?? []) print((event.message ?? '').trimEnd());
      nextToken = page.nextToken;
    } while (nextToken);
  } catch (cause) {
    if (!(cause instanceof ResourceNotFoundException)) throw cause;
    throw new DeployError(
      `Function ${functionName} has logged nothing.`,
      'Deploy it first: `npm run local`.',
      { cause },
    );
  } finally {
    logs.destroy();
  }
}
