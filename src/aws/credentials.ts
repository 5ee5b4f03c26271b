import { DeployError } from '../errors.ts';
import * as core from '../github/core.ts';
import { type Environment, InputError, type Inputs } from '../github/inputs.ts';
import { failureReason, requestLimit } from './request-limit.ts';

/** The inputs that say which AWS account and Region are meant. */
export interface AwsInputs {
  region: string;
  /** '' means the credentials that the environment already has. */
  roleToAssume: string;
  roleSessionName: string;
  /** Seconds. */
  roleDuration: number;
}

/** What every AWS client of this project is made with. */
export interface AwsConfig {
  region: string;
  /** Absent: the SDK's own chain (environment, profile, instance). */
  credentials?: RoleKeys | (() => Promise<RoleKeys>);
}

/** Keys of a role; the SDK asks again for such that expire within five minutes. */
export interface RoleKeys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration?: Date;
}

/**
 * Reads `aws-region`, `role-to-assume`, `role-session-name` and `role-duration`.
 * @throws InputError
 */
export function readAwsInputs(inputs: Inputs, env: Environment): AwsInputs {
  const region = inputs.text('aws-region') || env.AWS_REGION || env.AWS_DEFAULT_REGION || '';
  if (!/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(region))
    throw new InputError(
      'aws-region',
      region,
      'a Region such as `eu-central-1`, or AWS_REGION in the environment',
    );
  const roleToAssume = inputs.text('role-to-assume');
  if (roleToAssume !== '' && !/^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/.test(roleToAssume))
    throw new InputError('role-to-assume', roleToAssume, 'a role ARN, `arn:aws:iam::123456789012:role/NAME`');
  const roleSessionName = inputs.text('role-session-name') || 'deploy-lambda-container';
  if (!/^[\w+=,.@-]{2,64}$/.test(roleSessionName))
    throw new InputError('role-session-name', roleSessionName, '2 to 64 letters, digits or any of `_+=,.@-`');
  const roleDuration = inputs.duration('role-duration', '15m') / 1000;
  if (roleDuration < 900 || roleDuration > 43_200)
    throw new InputError('role-duration', inputs.text('role-duration'), '`15m` to `12h`');
  return { region, roleToAssume, roleSessionName, roleDuration };
}

/**
 * The configuration of the AWS clients. Where a role is named, it is taken on with the job's OIDC token inside
 * this process: the keys are masked, kept in memory and given to no later step; a long deploy takes it on anew.
 * Endpoints follow the SDK's own AWS_ENDPOINT_URL variables.
 * @param limit milliseconds that one request to STS may take; it is sent three times at most
 * @throws DeployError where the job may not ask for an OIDC token or the role refuses it
 */
export async function awsConfig(inputs: AwsInputs, limit = 10_000): Promise<AwsConfig> {
  const { region, roleToAssume } = inputs;
  if (roleToAssume === '') return { region };
  const assume = (): Promise<ExpiringKeys> => assumeRole(inputs, limit);
  return { region, credentials: renewed(await assume(), assume) };
}

type ExpiringKeys = RoleKeys & { expiration: Date };

/** As long before their end the SDK no longer takes keys as good. */
const renewalMs = 5 * 60_000;

/**
 * Keys that are renewed shortly before they expire, once for all clients that ask.
 * @returns a provider for the SDK, which throws only where the keys have expired and there are no others
 */
export function renewed(
  first: ExpiringKeys,
  renew: () => Promise<ExpiringKeys>,
): () => Promise<ExpiringKeys> {
  let keys = first;
  let renewal: Promise<ExpiringKeys> | undefined;
  return async () => {
    if (keys.expiration.getTime() - Date.now() > renewalMs) return keys;
    renewal ??= renew().finally(() => {
      renewal = undefined;
    });
    try {
      keys = await renewal;
    } catch (error) {
      // While they last, the old ones are better than none.
      if (keys.expiration.getTime() <= Date.now()) throw error;
    }
    return keys;
  };
}

async function assumeRole(inputs: AwsInputs, limit: number): Promise<ExpiringKeys> {
  const { region, roleToAssume } = inputs;
  const token = await oidcToken();
  // Loaded only for a role, which most of a step's starts do not have to wait for.
  const { AssumeRoleWithWebIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const sts = new STSClient({
    region,
    // None of its own: this one call is signed by the token alone.
    credentials: { accessKeyId: 'unused', secretAccessKey: 'unused' },
    maxAttempts: 3,
    requestHandler: requestLimit(limit),
  });
  try {
    const { Credentials: keys } = await sts.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: roleToAssume,
        RoleSessionName: inputs.roleSessionName,
        DurationSeconds: inputs.roleDuration,
        WebIdentityToken: token,
      }),
    );
    if (!keys?.AccessKeyId || !keys.SecretAccessKey || !keys.SessionToken)
      throw new Error('the answer holds no credentials');
    core.setSecret(keys.SecretAccessKey);
    core.setSecret(keys.SessionToken);
    return {
      accessKeyId: keys.AccessKeyId,
      secretAccessKey: keys.SecretAccessKey,
      sessionToken: keys.SessionToken,
      expiration: keys.Expiration ?? new Date(Date.now() + inputs.roleDuration * 1000),
    };
  } catch (cause) {
    throw new DeployError(
      `Cannot take on role ${roleToAssume}: ${failureReason(cause)}.`,
      "Check that the role's trust policy names this repository and branch in `sub` and `sts.amazonaws.com` in `aud`.",
      { cause },
    );
  } finally {
    sts.destroy();
  }
}

async function oidcToken(): Promise<string> {
  try {
    // The whole library only here: see github/core.ts.
    const { getIDToken } = await import('@actions/core');
    return await getIDToken('sts.amazonaws.com');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DeployError(
      `Cannot get the job's OIDC token for \`role-to-assume\`: ${reason}.`,
      'Give the job `permissions: id-token: write`.',
      { cause },
    );
  }
}
