import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetAliasCommand,
  GetFunctionCommand,
  InvokeCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda';

/** What is true of a function; all of it '' where there is none. */
export interface Truth {
  /** Tag of the image that `$LATEST` shows. */
  latest: string;
  /** Absent where there is no alias. */
  alias?: { version: string; weights: Record<string, number>; digest: string };
  /** Tag of the image that answers to users; 'failed' where none does. */
  serves: string;
}

/**
 * Asks the local AWS what is true.
 * @param withAlias whether users call the alias
 * @param tag the tag of a digest
 */
export async function readTruth(
  lambda: LambdaClient,
  FunctionName: string,
  withAlias: boolean,
  tag: (digest: string) => string,
): Promise<Truth> {
  const digestOf = async (Qualifier?: string): Promise<string> => {
    const { Code } = await lambda.send(new GetFunctionCommand({ FunctionName, Qualifier }));
    return Code?.ResolvedImageUri?.split('@')[1] ?? '';
  };
  const [latest, alias] = await Promise.all([
    orNone(digestOf()),
    orNone(lambda.send(new GetAliasCommand({ FunctionName, Name: 'live' }))),
  ]);
  if (latest === undefined) return { latest: '', serves: '' };
  const version = alias?.FunctionVersion ?? '';
  const Qualifier = withAlias ? version : '$LATEST';
  return {
    latest: tag(latest),
    ...(alias && {
      alias: {
        version,
        weights: alias.RoutingConfig?.AdditionalVersionWeights ?? {},
        digest: tag(await digestOf(version)),
      },
    }),
    serves: Qualifier === '' ? '' : await answering(lambda, FunctionName, Qualifier),
  };
}

/** undefined where there is no such thing. */
export async function orNone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

async function answering(lambda: LambdaClient, FunctionName: string, Qualifier: string): Promise<string> {
  // A version that a fault has just published is Pending for a moment; one that failed is never ready.
  for (let tries = 1; tries <= 50; tries++) {
    try {
      const { Payload } = await lambda.send(new InvokeCommand({ FunctionName, Qualifier }));
      const answer = JSON.parse(Buffer.from(Payload ?? []).toString()) as Record<string, unknown>;
      return String(answer.body ?? answer.errorMessage ?? '');
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'ResourceConflictException') throw error;
      await sleep(200);
    }
  }
  return 'failed';
}
