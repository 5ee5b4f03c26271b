import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteAliasCommand,
  GetAliasCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import type { Budget } from './budget.ts';
import type { AwsConfig } from './credentials.ts';
import {
  type AliasState,
  type FunctionState,
  functionState,
  type NewFunction,
  newFunctionInput,
} from './lambda-state.ts';
import { change, once, read } from './requests.ts';

export type { AliasState, FunctionSettings, FunctionState, NewFunction } from './lambda-state.ts';

/** What Invoke answered. */
export interface InvokeAnswer {
  /** `Handled` or `Unhandled`; '' where the function returned. */
  functionError: string;
  /** Payload as text. */
  payload: string;
  executedVersion: string;
  /** The last 4 KB of the log. */
  logTail: string;
}

/**
 * The Lambda API, bounded by a budget of time. Reads are repeated until they are answered; a change is sent once,
 * because only the caller can tell from a new read whether a change without an answer was made.
 * Every method throws ApiError, and OutOfTime once the budget is used up.
 */
export interface LambdaApi {
  /** undefined where there is no such function or version. */
  getFunction(name: string, budget: Budget, qualifier?: string): Promise<FunctionState | undefined>;
  /** undefined where there is no such alias or function. */
  getAlias(name: string, alias: string, budget: Budget): Promise<AliasState | undefined>;
  /** Published versions, in no particular order; CodeSha256 tells their images apart. */
  listVersions(name: string, budget: Budget): Promise<{ version: string; codeSha256: string }[]>;
  /** From an image; every other setting is Lambda's default. */
  createFunction(name: string, settings: NewFunction, budget: Budget): Promise<void>;
  /**
   * @param options.dryRun true: Lambda checks the call, image and all, and changes nothing
   * @returns the RevisionId in the answer; it changes again when the update ends.
   */
  updateCode(
    name: string,
    imageUri: string,
    revisionId: string,
    budget: Budget,
    options?: { dryRun?: boolean },
  ): Promise<string>;
  /** @returns the version's number; the existing one where nothing changed since it was published. */
  publishVersion(name: string, codeSha256: string, revisionId: string, budget: Budget): Promise<string>;
  createAlias(name: string, alias: string, version: string, budget: Budget): Promise<void>;
  updateAlias(name: string, alias: string, to: AliasState, budget: Budget): Promise<void>;
  deleteAlias(name: string, alias: string, budget: Budget): Promise<void>;
  /** Calls the function and waits for its answer and the end of its log, until the budget ends. */
  invoke(name: string, qualifier: string, payload: string, budget: Budget): Promise<InvokeAnswer>;
  close(): void;
}

/** A client of the Lambda API. Endpoints follow the SDK's own AWS_ENDPOINT_URL variables. */
export function lambdaApi(config: AwsConfig): LambdaApi {
  // The SDK's own retries would send a change again that had been made, and report the clash instead of the success.
  const client = new LambdaClient({ ...config, maxAttempts: 1 });

  return {
    async getFunction(name, budget, qualifier) {
      const input = { FunctionName: name, ...(qualifier && { Qualifier: qualifier }) };
      const answer = await read('lambda:GetFunction', budget, (abortSignal) =>
        client.send(new GetFunctionCommand(input), { abortSignal }),
      );
      return answer && functionState(answer.Configuration ?? {}, answer.Code ?? {});
    },
    async getAlias(name, alias, budget) {
      const input = { FunctionName: name, Name: alias };
      const answer = await read('lambda:GetAlias', budget, (abortSignal) =>
        client.send(new GetAliasCommand(input), { abortSignal }),
      );
      return (
        answer && {
          version: answer.FunctionVersion ?? '',
          weights: answer.RoutingConfig?.AdditionalVersionWeights ?? {},
          revisionId: answer.RevisionId ?? '',
        }
      );
    },
    async listVersions(name, budget) {
      const versions: { version: string; codeSha256: string }[] = [];
      let marker: string | undefined;
      do {
        const input = { FunctionName: name, ...(marker && { Marker: marker }) };
        const answer = await read('lambda:ListVersionsByFunction', budget, (abortSignal) =>
          client.send(new ListVersionsByFunctionCommand(input), { abortSignal }),
        );
        for (const { Version = '', CodeSha256 = '' } of answer?.Versions ?? [])
          if (Version !== '$LATEST') versions.push({ version: Version, codeSha256: CodeSha256 });
        marker = answer?.NextMarker;
      } while (marker);
      return versions;
    },
    async createFunction(name, settings, budget) {
      const input = newFunctionInput(name, settings);
      await change('lambda:CreateFunction', budget, (abortSignal) =>
        client.send(new CreateFunctionCommand(input), { abortSignal }),
      );
    },
    async updateCode(name, imageUri, revisionId, budget, options = {}) {
      const input = {
        FunctionName: name,
        ImageUri: imageUri,
        ...precondition(revisionId),
        ...(options.dryRun && { DryRun: true }),
      };
      const answer = await change('lambda:UpdateFunctionCode', budget, (abortSignal) =>
        client.send(new UpdateFunctionCodeCommand(input), { abortSignal }),
      );
      return answer.RevisionId ?? '';
    },
    async publishVersion(name, codeSha256, revisionId, budget) {
      const input = {
        FunctionName: name,
        ...(codeSha256 && { CodeSha256: codeSha256 }),
        ...precondition(revisionId),
      };
      const answer = await change('lambda:PublishVersion', budget, (abortSignal) =>
        client.send(new PublishVersionCommand(input), { abortSignal }),
      );
      return answer.Version ?? '';
    },
    async createAlias(name, alias, version, budget) {
      const input = { FunctionName: name, Name: alias, FunctionVersion: version };
      await change('lambda:CreateAlias', budget, (abortSignal) =>
        client.send(new CreateAliasCommand(input), { abortSignal }),
      );
    },
    async updateAlias(name, alias, to, budget) {
      const input = {
        FunctionName: name,
        Name: alias,
        FunctionVersion: to.version,
        // Left out, weights that somebody left behind would stay.
        RoutingConfig: { AdditionalVersionWeights: { ...to.weights } },
        ...precondition(to.revisionId),
      };
      await change('lambda:UpdateAlias', budget, (abortSignal) =>
        client.send(new UpdateAliasCommand(input), { abortSignal }),
      );
    },
    async deleteAlias(name, alias, budget) {
      const input = { FunctionName: name, Name: alias };
      await change('lambda:DeleteAlias', budget, (abortSignal) =>
        client.send(new DeleteAliasCommand(input), { abortSignal }),
      );
    },
    async invoke(name, qualifier, payload, budget) {
      const input = {
        FunctionName: name,
        Qualifier: qualifier,
        LogType: 'Tail' as const,
        Payload: Buffer.from(payload),
      };
      const answer = await once(
        'lambda:InvokeFunction',
        Math.max(1, budget.leftMs()),
        (abortSignal) => client.send(new InvokeCommand(input), { abortSignal }),
        budget.signal,
      );
      return {
        functionError: answer.FunctionError ?? '',
        payload: Buffer.from(answer.Payload ?? new Uint8Array()).toString('utf8'),
        executedVersion: answer.ExecutedVersion ?? '',
        logTail: Buffer.from(answer.LogResult ?? '', 'base64').toString('utf8'),
      };
    },
    close: () => client.destroy(),
  };
}

function precondition(revisionId: string): { RevisionId?: string } {
  return revisionId === '' ? {} : { RevisionId: revisionId };
}
