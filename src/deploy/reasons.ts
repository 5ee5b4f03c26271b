import { ApiError } from '../aws/api-error.ts';
import { OutOfTime } from '../aws/budget.ts';
import type { FunctionState } from '../aws/lambda.ts';
import { DeployError } from '../errors.ts';
import { oneLine } from '../github/foreign-text.ts';
import { missingPermission, policyStatement } from './iam.ts';

/** Why something went wrong and what helps; each one sentence without its full stop. */
export interface Reason {
  cause: string;
  cure: string;
}

const NETWORK = 'Check the subnets and security groups of the function, then deploy again';
const KMS = 'Check the KMS key of the function and the grants on it, then deploy again';
const EFS = 'Check the file system and its mount targets in the subnets of the function';
const AGAIN = 'Deploy again; if it happens again, see the AWS Health Dashboard';
const QUOTA = 'Raise the quota in Service Quotas, or remove what is not needed, then deploy again';
const ENTRY =
  'Check ENTRYPOINT, CMD and WORKDIR of the image, and that ImageConfig of the function does not replace them';

/** By LastUpdateStatusReasonCode or StateReasonCode of the Lambda API. */
const BY_CODE: Readonly<Record<string, Reason>> = {
  ImageDeleted: {
    cause: 'ECR no longer holds the image',
    cure: 'Push the image again and keep lifecycle policies from removing images that functions run',
  },
  ImageAccessDenied: {
    cause: 'Lambda may not pull the image',
    cure: 'Allow lambda.amazonaws.com `ecr:BatchGetImage` and `ecr:GetDownloadUrlForLayer` in the policy of the repository',
  },
  InvalidImage: {
    cause: 'Lambda cannot use the image',
    cure: 'Build one manifest for one platform (`--provenance=false --sbom=false`), gzip layers, 10 GB unpacked at most',
  },
  'FunctionError.InvalidEntryPoint': { cause: 'the entry point of the image cannot be started', cure: ENTRY },
  'FunctionError.InvalidWorkingDirectory': {
    cause: 'the working directory does not exist in the image',
    cure: ENTRY,
  },
  'FunctionError.PermissionDenied': {
    cause: 'a file of the image may not be read or executed',
    cure: "Make what the container starts readable and executable for every user (`chmod -R o+rX`): Lambda runs it as none of the image's users",
  },
  'FunctionError.RuntimeInitError': {
    cause: 'the application ended while it started',
    cure: "Read the function's log for the first error",
  },
  'FunctionError.ExtensionInitError': {
    cause: 'an extension in /opt/extensions did not start',
    cure: 'Check that it is built for the architecture of the function and executable',
  },
  'FunctionError.InitTimeout': {
    cause: 'the application did not start in time',
    cure: 'Give the function more memory or move work out of the start',
  },
  'FunctionError.InitResourceExhausted': {
    cause: 'the start ran out of memory or disk',
    cure: 'Give the function more memory or a larger /tmp',
  },
  'FunctionError.TooManyExtensions': {
    cause: 'there are more than ten extensions',
    cure: 'Remove files from /opt/extensions',
  },
  FunctionError: { cause: 'the function failed while it started', cure: "Read the function's log" },
  InsufficientRolePermissions: {
    cause: "the function's role lacks permissions",
    cure: 'Give the execution role what Lambda names',
  },
  InvalidConfiguration: {
    cause: 'the configuration does not fit the image',
    cure: 'Check the configuration of the function',
  },
  InvalidSubnet: { cause: 'a subnet does not exist any more', cure: NETWORK },
  InvalidSecurityGroup: { cause: 'a security group does not exist any more', cure: NETWORK },
  SubnetOutOfIPAddresses: { cause: 'a subnet has no free IP addresses', cure: NETWORK },
  EniLimitExceeded: { cause: 'the network interfaces of the account are used up', cure: NETWORK },
  DisallowedByVpcEncryptionControl: {
    cause: 'the encryption control of the VPC does not allow it',
    cure: NETWORK,
  },
  DisabledKMSKey: { cause: 'the KMS key is disabled', cure: KMS },
  InvalidStateKMSKey: { cause: 'the KMS key is not usable', cure: KMS },
  KMSKeyAccessDenied: { cause: 'Lambda may not use the KMS key', cure: KMS },
  KMSKeyNotFound: { cause: 'the KMS key does not exist', cure: KMS },
  EFSIOError: { cause: 'the file system failed', cure: EFS },
  EFSMountConnectivityError: { cause: 'the file system cannot be reached', cure: EFS },
  EFSMountFailure: { cause: 'the file system cannot be mounted', cure: EFS },
  EFSMountTimeout: { cause: 'mounting the file system took too long', cure: EFS },
  InternalError: { cause: 'Lambda had an internal error', cure: AGAIN },
  DependencyError: { cause: 'a service that Lambda needs failed', cure: AGAIN },
  EC2RequestLimitExceeded: { cause: 'the account makes too many EC2 calls', cure: AGAIN },
  Creating: { cause: 'Lambda is still at work on it', cure: 'Deploy again in a minute' },
  Idle: { cause: 'it was not called for weeks and sleeps', cure: 'Call it once, then deploy again' },
  Restoring: { cause: 'it is being woken', cure: 'Deploy again in a minute' },
  DrainingDurableExecutions: {
    cause: 'durable executions of it have not ended',
    cure: 'Deploy again when they have',
  },
  InvalidRuntime: {
    cause: 'Lambda does not have this runtime any more',
    cure: 'Build the image from a supported base image',
  },
  InvalidZipFileException: {
    cause: 'the code is a zip file that cannot be read',
    cure: 'Deploy to a function of PackageType Image',
  },
  ServiceQuotaExceededException: { cause: 'a quota of the account is used up', cure: QUOTA },
  VcpuLimitExceeded: { cause: "the account's limit of vCPUs is reached", cure: QUOTA },
  CapacityProviderScalingLimitExceeded: {
    cause: 'the capacity provider of the function may not grow further',
    cure: 'Raise the limit of the capacity provider, then deploy again',
  },
  InsufficientCapacity: { cause: 'Lambda has no capacity left', cure: AGAIN },
};

/** What a status code of Lambda and the sentence beside it mean. */
export function statusReason(code: string, text: string): Reason {
  const known = BY_CODE[code];
  const said = [code, oneLine(text).replace(/\.$/, '')].filter((part) => part !== '').join(': ');
  if (known) return { cause: `${known.cause} (${said})`, cure: known.cure };
  return { cause: said || 'Lambda gives no reason', cure: "Read the function's log and configuration" };
}

/** An update of $LATEST that Lambda ended as failed. */
export function updateFailed(state: FunctionState): DeployError {
  const { cause, cure } = statusReason(state.lastUpdateReasonCode, state.lastUpdateReason);
  return new DeployError(`The update of ${state.name} failed: ${cause}.`, `${cure}.`);
}

/** A version, or a function, whose State is Failed. */
export function stateFailed(state: FunctionState): DeployError {
  const { cause, cure } = statusReason(state.stateReasonCode, state.stateReason);
  return new DeployError(`Version ${state.version} of ${state.name} cannot run: ${cause}.`, `${cure}.`);
}

/** Lambda's own sentences about an image that it refuses at the call. */
const BY_TEXT: readonly { pattern: RegExp; cure: string }[] = [
  {
    pattern: /media type|manifest/i,
    cure: 'Build one manifest for one platform (`--provenance=false --sbom=false`), with gzip layers.',
  },
  {
    pattern: /permission to access the ECR image/i,
    cure: 'Allow lambda.amazonaws.com `ecr:BatchGetImage` and `ecr:GetDownloadUrlForLayer` in the policy of the repository.',
  },
  {
    pattern: /source image .*(does not exist|is not valid)/i,
    cure: 'Name an image in a private ECR repository in the Region of the function.',
  },
];

function permissionHint(operation: string, message: string): string {
  const missing = missingPermission(operation, message);
  return missing.forbidden
    ? `A policy forbids \`${missing.action}\`: change the statement that denies it, allowing it elsewhere does not help.`
    : `Add to the policy of the deploying role: ${policyStatement(missing)}`;
}

/**
 * An error of an AWS call as a sentence for people.
 * @param subject what the call was about, as the subject of a sentence: `Function api`
 */
export function apiFailure(error: unknown, subject: string): Error {
  if (error instanceof DeployError) return error;
  if (error instanceof OutOfTime)
    return new DeployError(`${subject}: ${error.message}.`, 'Raise `update-timeout`, or deploy again.');
  if (!(error instanceof ApiError)) return error instanceof Error ? error : new Error(String(error));
  const said = oneLine(error.message).replace(/\.$/, '');
  const options = { cause: error };
  switch (error.kind) {
    case 'denied':
      return new DeployError(
        `${subject}: ${error.operation} is not allowed: ${said}.`,
        permissionHint(error.operation, error.message),
        options,
      );
    case 'credentials':
      return new DeployError(
        `${subject}: no valid AWS credentials: ${said}.`,
        'Set `role-to-assume` and give the job `permissions: id-token: write`, or run aws-actions/configure-aws-credentials before.',
        options,
      );
    case 'lost':
      return new DeployError(
        `${subject}: ${error.operation} got no answer (${error.code}: ${said}).`,
        'Check `aws-region` and the network, or deploy again.',
        options,
      );
    case 'throttled':
      return new DeployError(
        `${subject}: ${error.operation} is throttled: ${said}.`,
        'Deploy again later.',
        options,
      );
    case 'busy':
      return new DeployError(
        `${subject}: ${error.operation} is not possible at the moment: ${said}.`,
        'Deploy again when the other operation is over.',
        options,
      );
    default: {
      const cure =
        BY_TEXT.find(({ pattern }) => pattern.test(said))?.cure ??
        (error.code === 'CodeStorageExceededException'
          ? 'Delete old versions of functions in this Region.'
          : '');
      return new DeployError(
        `${subject}: ${error.operation} is refused (${error.code}): ${said}.`,
        cure,
        options,
      );
    }
  }
}
