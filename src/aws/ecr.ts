import * as core from '@actions/core';
import {
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from '@aws-sdk/client-ecr';
import type { Login } from '../docker/config.ts';
import { DeployError } from '../errors.ts';
import type { AwsConfig } from './credentials.ts';

/** One request waits this long at most; the SDK retries with jitter. */
const requestTimeout = 10_000;

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

/** ECR with these credentials; endpoints follow the SDK's AWS_ENDPOINT_URL variables. */
export function openEcr(config: AwsConfig): Ecr {
  const client = new ECRClient({
    ...config,
    maxAttempts: 3,
    requestHandler: { requestTimeout, connectionTimeout: requestTimeout },
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
    const name = cause instanceof Error ? cause.name : '';
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DeployError(`Cannot ${what}: ${reason.replace(/\.$/, '')}.`, hintFor(name, permission), {
      cause,
    });
  }
}

function hintFor(errorName: string, permission: string): string {
  if (errorName === 'CredentialsProviderError')
    return 'Set `role-to-assume`, or run aws-actions/configure-aws-credentials before.';
  if (
    /ExpiredToken|InvalidClientToken|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch/.test(
      errorName,
    )
  )
    return 'Renew the AWS credentials of this job.';
  if (/AccessDenied|NotAuthorized/.test(errorName)) return `Allow the role ${permission}.`;
  return 'Check `aws-region` and that this machine may connect to AWS.';
}
