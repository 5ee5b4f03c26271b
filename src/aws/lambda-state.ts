import type { CreateFunctionCommandInput, FunctionConfiguration } from '@aws-sdk/client-lambda';

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

/** Of an image CodeSha256 is its digest in hex: the way out where only a tag is shown. */
function resolvedUri(uri: string, codeSha256: string): string {
  if (uri === '' || uri.includes('@')) return uri;
  return /^[0-9a-f]{64}$/.test(codeSha256) ? `${uri.replace(/:[^:/]+$/, '')}@sha256:${codeSha256}` : '';
}

/** Reads an answer of Lambda. */
export function functionState(
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

/** A function that is to be made. */
export interface NewFunction {
  imageUri: string;
  /** ARN of the execution role. */
  role: string;
  memoryMb: number;
  timeoutSeconds: number;
  /** As images name it. */
  architecture: 'amd64' | 'arm64';
}

/** The request for it. */
export function newFunctionInput(name: string, settings: NewFunction): CreateFunctionCommandInput {
  return {
    FunctionName: name,
    PackageType: 'Image',
    Code: { ImageUri: settings.imageUri },
    Role: settings.role,
    MemorySize: settings.memoryMb,
    Timeout: settings.timeoutSeconds,
    Architectures: [settings.architecture === 'arm64' ? 'arm64' : 'x86_64'],
  };
}
