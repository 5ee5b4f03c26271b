import { functionArn, type Place } from './names.ts';
import type { CodeState, FunctionState, SettingsState, VersionState } from './state.ts';

/**
 * A FunctionConfiguration as Lambda answers it.
 * @param qualifier what the ARN ends with; undefined for the function itself
 */
export function configuration(
  place: Place,
  fn: FunctionState,
  version: VersionState,
  qualifier?: string,
): Record<string, unknown> {
  return {
    ...describe(place, fn, version, qualifier),
    State: version.state,
    StateReason: version.stateReason,
    StateReasonCode: version.stateReasonCode,
    LastUpdateStatus: version.lastUpdateStatus,
    LastUpdateStatusReason: version.lastUpdateStatusReason,
    LastUpdateStatusReasonCode: version.lastUpdateStatusReasonCode,
  };
}

/** The same as Lambda's lists have it: without the states. */
export function listedConfiguration(
  place: Place,
  fn: FunctionState,
  version: VersionState,
  qualifier?: string,
): Record<string, unknown> {
  return describe(place, fn, version, qualifier);
}

/** The Code part of GetFunction. */
export function codeLocation(code: CodeState): Record<string, unknown> {
  return code.packageType === 'Image'
    ? { RepositoryType: 'ECR', ImageUri: code.imageUri, ResolvedImageUri: code.resolvedImageUri }
    : { RepositoryType: 'S3', Location: `https://awslambda.invalid/${code.sha256}` };
}

/** Equal for two states of `$LATEST` that PublishVersion would publish as one version. */
export function fingerprint(code: CodeState, settings: SettingsState): string {
  return JSON.stringify([code.sha256, code.architecture, settings]);
}

function describe(
  place: Place,
  fn: FunctionState,
  { code, settings, ...version }: VersionState,
  qualifier?: string,
): Record<string, unknown> {
  return {
    FunctionName: fn.name,
    FunctionArn: functionArn(place, fn.name, qualifier),
    Version: version.version,
    PackageType: code.packageType,
    Architectures: [code.architecture],
    CodeSha256: code.sha256,
    CodeSize: code.size,
    Description: settings.description,
    Role: settings.role,
    MemorySize: settings.memorySize,
    Timeout: settings.timeout,
    Handler: settings.handler,
    Runtime: settings.runtime,
    Environment: settings.environment && { Variables: settings.environment },
    ImageConfigResponse: settings.imageConfig && { ImageConfig: settings.imageConfig },
    RevisionId: version.revisionId,
    // Lambda writes the offset without a colon.
    LastModified: version.lastModified.replace(/Z$/, '+0000'),
    EphemeralStorage: { Size: 512 },
    LoggingConfig: { LogFormat: 'Text', LogGroup: `/aws/lambda/${fn.name}` },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    TracingConfig: { Mode: 'PassThrough' },
  };
}
