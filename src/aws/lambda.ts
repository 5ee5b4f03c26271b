import {
  CreateAliasCommand,
  DeleteAliasCommand,
  type FunctionConfiguration,
  GetAliasCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { ApiError, apiError } from './api-error.ts';
import { type Budget, OutOfTime, pause, within } from './budget.ts';
import type { AwsConfig } from './credentials.ts';

/** One request waits this long at most; the budget of the caller bounds it further. */
const REQUEST_MS = 10_000;
/** How often a read that gets no answer is sent; a throttled one is sent until the budget ends. */
const READ_TRIES = 5;

/** A function, or one version of it, as GetFunction shows it. */
export interface FunctionState {
  /** Without qualifier. */
  arn: string;
  name: string;
  /** `$LATEST` or a number. */
  version: string;
  packageType: 'Image' | 'Zip';
  /** As images name it. */
  architecture: 'amd64' | 'arm64';
  /** `REGISTRY/REPOSITORY@sha256:...`; '' where Lambda does not say. */
  imageUri: string;
  /** `sha256:...`; '' where Lambda does not say. */
  digest: string;
  codeSha256: string;
  revisionId: string;
  /** `Active`, `Pending`, `Inactive`, `Failed`, ... */
  state: string;
  stateReason: string;
  stateReasonCode: string;
  /** `Successful`, `InProgress` or `Failed`. */
  lastUpdateStatus: string;
  lastUpdateReason: string;
  lastUpdateReasonCode: string;
  settings: FunctionSettings;
}

/** What an image of a function runs with. */
export interface FunctionSettings {
  memoryMb: number;
  /** Of one invoke, in seconds. */
  timeoutSeconds: number;
  /** Values may be secrets: never to be shown as a whole. Empty where the role may not read them. */
  environment: Readonly<Record<string, string>>;
  /** Where the function's ImageConfig replaces what the image says; absent where it does not. */
  entryPoint?: readonly string[];
  command?: readonly string[];
  workingDirectory?: string;
}

/** An alias. */
export interface AliasState {
  version: string;
  /** Weight of the one additional version by its number, 0.0 to 1.0; empty where there is none. */
  weights: Readonly<Record<string, number>>;
  revisionId: string;
}

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
  /** @returns the RevisionId in the answer; it changes again when the update ends. */
  updateCode(name: string, imageUri: string, revisionId: string, budget: Budget): Promise<string>;
  /** @returns the version's number; the existing one where nothing changed since it was published. */
  publishVersion(name: string, codeSha256: string, revisionId: string, budget: Budget): Promise<string>;
  createAlias(name: string, alias: string, version: string, budget: Budget): Promise<void>;
  updateAlias(name: string, alias: string, to: AliasState, budget: Budget): Promise<void>;
  deleteAlias(name: string, alias: string, budget: Budget): Promise<void>;
  /** Calls the function and waits for its answer and the end of its log, `timeoutMs` at most. */
  invoke(name: string, qualifier: string, payload: string, timeoutMs: number): Promise<InvokeAnswer>;
  close(): void;
}

/** A client of the Lambda API. Endpoints follow the SDK's own AWS_ENDPOINT_URL variables. */
export function lambdaApi(config: AwsConfig): LambdaApi {
  // The SDK's own retries would send a change again that had been made, and report the clash instead of the success.
  const client = new LambdaClient({ ...config, maxAttempts: 1 });

  async function once<T>(
    operation: string,
    ms: number,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      return await within(ms, work);
    } catch (error) {
      throw apiError(operation, error);
    }
  }

  async function change<T>(
    operation: string,
    budget: Budget,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (budget.leftMs() === 0) throw new OutOfTime(budget);
    return await once(operation, Math.min(REQUEST_MS, budget.leftMs()), work);
  }

  async function read<T>(
    operation: string,
    budget: Budget,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    for (let tries = 1; ; tries++) {
      try {
        return await change(operation, budget, work);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.kind === 'absent') return undefined;
        const again = error.kind === 'throttled' || (error.kind === 'lost' && tries < READ_TRIES);
        if (!again) throw error;
        await pause(budget, tries, 5_000);
      }
    }
  }

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
    async updateCode(name, imageUri, revisionId, budget) {
      const input = { FunctionName: name, ImageUri: imageUri, ...precondition(revisionId) };
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
    async invoke(name, qualifier, payload, timeoutMs) {
      const input = {
        FunctionName: name,
        Qualifier: qualifier,
        LogType: 'Tail' as const,
        Payload: Buffer.from(payload),
      };
      const answer = await once('lambda:InvokeFunction', timeoutMs, (abortSignal) =>
        client.send(new InvokeCommand(input), { abortSignal }),
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

/** Of an image CodeSha256 is its digest in hex: the way out where only a tag is shown. */
function resolvedUri(uri: string, codeSha256: string): string {
  if (uri === '' || uri.includes('@')) return uri;
  return /^[0-9a-f]{64}$/.test(codeSha256) ? `${uri.replace(/:[^:/]+$/, '')}@sha256:${codeSha256}` : '';
}

function precondition(revisionId: string): { RevisionId?: string } {
  return revisionId === '' ? {} : { RevisionId: revisionId };
}

function functionState(
  config: FunctionConfiguration,
  code: { ImageUri?: string; ResolvedImageUri?: string },
): FunctionState {
  const imageUri = resolvedUri(code.ResolvedImageUri ?? code.ImageUri ?? '', config.CodeSha256 ?? '');
  const version = config.Version ?? '$LATEST';
  return {
    arn: (config.FunctionArn ?? '').replace(/^((?:[^:]*:){6}[^:]*):.*$/, '$1'),
    name: config.FunctionName ?? '',
    version,
    packageType: config.PackageType === 'Image' ? 'Image' : 'Zip',
    architecture: config.Architectures?.[0] === 'arm64' ? 'arm64' : 'amd64',
    imageUri,
    digest: imageUri.split('@')[1] ?? '',
    codeSha256: config.CodeSha256 ?? '',
    revisionId: config.RevisionId ?? '',
    state: config.State ?? 'Active',
    stateReason: config.StateReason ?? '',
    stateReasonCode: config.StateReasonCode ?? '',
    lastUpdateStatus: config.LastUpdateStatus ?? 'Successful',
    lastUpdateReason: config.LastUpdateStatusReason ?? '',
    lastUpdateReasonCode: config.LastUpdateStatusReasonCode ?? '',
    settings: functionSettings(config),
  };
}

function functionSettings(config: FunctionConfiguration): FunctionSettings {
  const replaced = config.ImageConfigResponse?.ImageConfig;
  return {
    memoryMb: config.MemorySize ?? 0,
    timeoutSeconds: config.Timeout ?? 0,
    environment: config.Environment?.Variables ?? {},
    ...(replaced?.EntryPoint && { entryPoint: replaced.EntryPoint }),
    ...(replaced?.Command && { command: replaced.Command }),
    ...(replaced?.WorkingDirectory && { workingDirectory: replaced.WorkingDirectory }),
  };
}
