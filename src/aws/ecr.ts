import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from '@aws-sdk/client-ecr';
import type { Login } from '../docker/config.ts';
import { DeployError } from '../errors.ts';
import * as core from '../github/core.ts';
import { type ApiError, apiError } from './api-error.ts';
import type { AwsConfig } from './credentials.ts';
import { failureReason, requestLimit } from './request-limit.ts';

export interface Ecr {
  /**
   * A login for the registries of this Region, masked in the log; its host is the account's own registry.
   * Valid for 12 hours.
   * @throws DeployError
   */
  signIn(): Promise<Login>;
  /**
   * Whether the repository exists. `unknown` where the role may not ask.
   * @param account the registry's account; absent means the caller's own
   */
  hasRepository(name: string, account?: string): Promise<boolean | 'unknown'>;
  /**
   * Creates the repository with scan on push; one that another run made meanwhile is fine.
   * @throws DeployError
   */
  createRepository(name: string, account?: string): Promise<void>;
  close(): void;
}

/**
 * ECR with these credentials; endpoints follow the SDK's AWS_ENDPOINT_URL variables.
 * @param limit milliseconds that one request may take; the SDK sends it three times at most, with jitter
 */
export function openEcr(config: AwsConfig, limit = 10_000): Ecr {
  const client = new ECRClient({
    ...config,
    maxAttempts: 3,
    requestHandler: requestLimit(limit),
  });
  return {
    async signIn() {
      const answer = await explained('sign in at ECR', 'ecr:GetAuthorizationToken on `*`', () =>
        client.send(new GetAuthorizationTokenCommand({})),
      );
      const { authorizationToken, proxyEndpoint } = answer.authorizationData?.[0] ?? {};
      const [username, password] = Buffer.from(authorizationToken ?? '', 'base64')
        .toString('utf8')
        .split(/:(.*)/s);
      if (password) core.setSecret(password);
      if (authorizationToken) core.setSecret(authorizationToken);
      if (!username || !password || !proxyEndpoint)
        throw new DeployError("ECR's answer to GetAuthorizationToken holds no login.");
      return { host: new URL(proxyEndpoint).host, username, password };
    },
    async hasRepository(name, account) {
      try {
        await client.send(
          new DescribeRepositoriesCommand({
            repositoryNames: [name],
            ...(account ? { registryId: account } : {}),
          }),
        );
        return true;
      } catch (error) {
        return error instanceof Error && error.name === 'RepositoryNotFoundException' ? false : 'unknown';
      }
    },
    async createRepository(name, account) {
      await explained(`create ECR repository ${name}`, 'ecr:CreateRepository', async () => {
        try {
          await client.send(
            new CreateRepositoryCommand({
              repositoryName: name,
              imageScanningConfiguration: { scanOnPush: true },
              ...(account ? { registryId: account } : {}),
            }),
          );
        } catch (error) {
          if (!(error instanceof Error && error.name === 'RepositoryAlreadyExistsException')) throw error;
        }
      });
    },
    close: () => client.destroy(),
  };
}

/** Runs a call of AWS; its failure becomes a sentence that says what was tried and what permission it needs. */
async function explained<T>(what: string, permission: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const hint = hintFor(apiError(permission, cause), permission);
    throw new DeployError(`Cannot ${what}: ${failureReason(cause)}.`, hint, { cause });
  }
}

function hintFor({ kind, code, status }: ApiError, permission: string): string {
  if (code === 'CredentialsProviderError')
    return 'Set `role-to-assume`, or run aws-actions/configure-aws-credentials before.';
  if (kind === 'credentials') return 'Renew the AWS credentials of this job.';
  if (kind === 'denied') return `Allow the role ${permission}.`;
  if (kind === 'throttled' || status >= 500) return 'Run the job again.';
  // Any other answer of AWS says itself what is wrong.
  return kind === 'lost' ? 'Check `aws-region` and that this machine may connect to AWS.' : '';
}
