import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Log } from '../github/log.ts';
import type { AwsConfig } from './credentials.ts';
import { failureReason, requestLimit } from './request-limit.ts';

/**
 * The platform that a function runs.
 * @param limit milliseconds that one request may take; the SDK sends it three times at most
 * @returns undefined, with a warning, where it cannot be read: the build then takes its default
 */
export async function functionArchitecture(
  config: AwsConfig,
  functionName: string,
  log: Pick<Log, 'warning'>,
  limit = 10_000,
): Promise<'linux/amd64' | 'linux/arm64' | undefined> {
  const lambda = new LambdaClient({ ...config, maxAttempts: 3, requestHandler: requestLimit(limit) });
  try {
    const { Architectures } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: functionName }),
    );
    return Architectures?.[0] === 'arm64' ? 'linux/arm64' : 'linux/amd64';
  } catch (error) {
    log.warning(
      `Cannot read the architecture of ${functionName} (${failureReason(error)}); building for linux/amd64.`,
    );
    return undefined;
  } finally {
    lambda.destroy();
  }
}
