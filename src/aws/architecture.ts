import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Log } from '../github/log.ts';
import type { AwsConfig } from './credentials.ts';

/**
 * The platform that a function runs.
 * @returns undefined, with a warning, where it cannot be read: the build then takes its default
 */
export async function functionArchitecture(
  config: AwsConfig,
  functionName: string,
  log: Log,
): Promise<'linux/amd64' | 'linux/arm64' | undefined> {
  const lambda = new LambdaClient({ ...config, maxAttempts: 3, requestHandler: { requestTimeout: 10_000 } });
  try {
    const { Architectures } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: functionName }),
    );
    return Architectures?.[0] === 'arm64' ? 'linux/arm64' : 'linux/amd64';
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warning(`Cannot read the architecture of ${functionName} (${reason}); building for linux/amd64.`);
    return undefined;
  } finally {
    lambda.destroy();
  }
}
