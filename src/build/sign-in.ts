import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type AwsConfig, awsConfig } from '../aws/credentials.ts';
import { type Ecr, openEcr } from '../aws/ecr.ts';
import { ecrHost } from '../aws/ecr-host.ts';
import type { Docker } from '../docker/command.ts';
import { makePrivateConfig } from '../docker/config.ts';
import { type RegistryCredentials, userCredentials } from '../docker/credentials.ts';
import { openRegistry, type Registry } from '../docker/registry.ts';
import type { BuildRun } from './build-run.ts';
import type { BuildInputs, Platform } from './inputs.ts';

/** What a signed-in run works with. */
export interface SignedIn {
  registry: Registry;
  /** docker with the private configuration that holds the login. */
  docker: Docker;
  /** The private configuration's folder. */
  folder: string;
  platform: Platform;
  /** Our own login, for base images that lie in the same registry; absent where the user's own login is used. */
  own: { host: string; credentials: RegistryCredentials } | undefined;
}

/**
 * Signs in to AWS and to the registry, and learns the function's architecture on the way.
 * @throws DeployError
 */
export async function signIn(inputs: BuildInputs, run: BuildRun): Promise<SignedIn> {
  const config = inputs.aws && (await awsConfig(inputs.aws));
  const ecr = config && openEcr(config);
  try {
    const [login, architecture] = await Promise.all([
      inputs.push ? ecr?.signIn() : undefined,
      config && inputs.platform === '' && inputs.functionName !== ''
        ? askArchitecture(config, inputs.functionName, run)
        : undefined,
    ]);
    const host = inputs.registry || login?.host || 'localhost';
    if (ecr && login && inputs.createRepository && !inputs.dryRun)
      await createRepository(ecr, host, inputs, run);
    const folder = join(run.job.runnerTemp, `docker-config-${randomUUID().slice(0, 8)}`);
    // Saved before it exists: post removes it also when this process is killed meanwhile.
    run.keep('docker-config', folder);
    // ECR's password goes to ECR's own host alone; another registry gets the login that the user has there.
    const ours = login?.host === host ? login : undefined;
    const env = await makePrivateConfig(folder, run.env, ours);
    run.keep('buildx-config', env.BUILDX_CONFIG);
    return {
      registry: openRegistry(host, ours ?? (await userCredentials(host, run.env))),
      own: ours && { host, credentials: ours },
      docker: { program: 'docker', env: { ...run.env, ...env } },
      folder,
      platform: inputs.platform || architecture || 'linux/amd64',
    };
  } finally {
    ecr?.close();
  }
}

/** The client of Lambda is loaded only where it is asked something: it would be a fifth of the step's start. */
async function askArchitecture(
  config: AwsConfig,
  functionName: string,
  { log }: BuildRun,
): Promise<Platform | undefined> {
  const { functionArchitecture } = await import('../aws/architecture.ts');
  return await functionArchitecture(config, functionName, log);
}

async function createRepository(ecr: Ecr, host: string, inputs: BuildInputs, run: BuildRun): Promise<void> {
  const account = ecrHost(host)?.account;
  if ((await ecr.hasRepository(inputs.repository, account)) !== false) return;
  run.log.info(`Create ECR repository ${inputs.repository}.`);
  await ecr.createRepository(inputs.repository, account);
}
