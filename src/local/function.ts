import {
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  GetFunctionConfigurationCommand,
  GetFunctionUrlConfigCommand,
  LambdaClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { DeployError } from '../errors.ts';
import { until } from './parts/process.ts';

/** Where the local AWS says that it is. */
export const localRegion = 'us-east-1';
/** Keys that the local AWS takes; they open nothing elsewhere. */
export const localCredentials = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

/** What a function of the local mode is made with. */
export interface FunctionSettings {
  functionName: string;
  memoryMb: number;
  environment: Record<string, string>;
}

/** A Lambda client for the local endpoint. */
export function localLambda(endpoint: string): LambdaClient {
  return new LambdaClient({
    endpoint,
    region: localRegion,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
}

/**
 * Creates the function where it does not exist: the action itself deploys to functions that their owners made.
 * @param imageUri its first image, by digest
 * @throws DeployError where it does not become active
 */
export async function ensureFunction(
  endpoint: string,
  settings: FunctionSettings,
  imageUri: string,
  print: (line: string) => void,
): Promise<void> {
  const lambda = localLambda(endpoint);
  const name = settings.functionName;
  const read = () => lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
  try {
    const exists = await absentAsUndefined(read());
    if (exists) return;
    print(`Function ${name}: creating it (${settings.memoryMb} MB) ...`);
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Role: 'arn:aws:iam::000000000000:role/local',
        PackageType: 'Image',
        Code: { ImageUri: imageUri },
        Architectures: [process.arch === 'arm64' ? 'arm64' : 'x86_64'],
        MemorySize: settings.memoryMb,
        Timeout: 30,
        Environment: { Variables: settings.environment },
      }),
    );
    const active = await until(async () => (await read()).State === 'Active', 120_000);
    if (!active)
      throw new DeployError(
        `Function ${name} did not become active within 120 s.`,
        'See .local/aws/server.log.',
      );
  } finally {
    lambda.destroy();
  }
}

/**
 * The function's URL on this machine, made where there is none.
 * @param alias what it follows
 * @returns `http://HOST:PORT/`
 */
export async function ensureFunctionUrl(
  endpoint: string,
  functionName: string,
  alias: string,
): Promise<string> {
  const lambda = localLambda(endpoint);
  const target = { FunctionName: functionName, Qualifier: alias };
  try {
    const found = await absentAsUndefined(lambda.send(new GetFunctionUrlConfigCommand(target)));
    if (found?.FunctionUrl) return found.FunctionUrl;
    const made = await lambda.send(new CreateFunctionUrlConfigCommand({ ...target, AuthType: 'NONE' }));
    return made.FunctionUrl ?? '';
  } finally {
    lambda.destroy();
  }
}

async function absentAsUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
