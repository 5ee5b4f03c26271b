import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import type { DockerCommand } from '../../src/local/parts/index.ts';
import { lastLines, tryRun } from '../../src/local/parts/process.ts';
import { runtimeToken } from '../../test/support/cache-service.ts';
import { CREDENTIALS, type History, REGION, type Services } from './services.ts';

/** One push of one arm, on a machine with an empty Engine. */
export interface Job {
  /** The empty Engine. */
  engine: DockerCommand;
  services: Services;
  history: History;
  /** Build context. */
  app: string;
  /** A folder of this push alone. */
  temp: string;
  /** A tag of this push alone. */
  tag: string;
  platform: string;
  /** The bundles that the actions are made of. */
  dist: string;
  /** Programs and libraries of the Engine, for one that an action starts itself. */
  engineEnv: NodeJS.ProcessEnv;
  /** Gets each line that a program prints. */
  log: (line: string) => void;
  /** Measures a part of the push. */
  phase<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** What GitHub's runner tells JavaScript actions of its cache. */
export function cacheEnvironment(history: History): Record<string, string> {
  return {
    ACTIONS_RESULTS_URL: history.cacheUrl,
    ACTIONS_CACHE_SERVICE_V2: 'true',
    ACTIONS_RUNTIME_TOKEN: runtimeToken({ scopes: { 'refs/heads/main': 'write' } }),
  };
}

/** Runs docker as a step of the job does, with a sign-in and builders of this push alone. */
export async function docker(job: Job, args: string[], input = ''): Promise<string> {
  const env = {
    ...process.env,
    ...job.engine.env,
    DOCKER_CONFIG: `${job.temp}/docker`,
    BUILDX_CONFIG: `${job.temp}/buildx`,
    ...cacheEnvironment(job.history),
  };
  job.log(`$ docker ${args.join(' ')}`);
  const { code, stdout, stderr } = await tryRun(job.engine.program, args, { env, ...(input && { input }) });
  job.log(stderr.trimEnd());
  if (code !== 0) throw new Error(`docker ${args.slice(0, 2).join(' ')}: ${lastLines(stderr)}`);
  return stdout;
}

/** What amazon-ecr-login does: a token from ECR, which `docker login` tries at the registry. */
export async function signIn(job: Job): Promise<void> {
  const { ecr, awsEndpoint } = job.services;
  const client = new ECRClient({ endpoint: awsEndpoint, region: REGION, credentials: CREDENTIALS });
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
  client.destroy();
  const token = Buffer.from(authorizationData?.[0]?.authorizationToken ?? '', 'base64').toString('utf8');
  const password = token.slice(token.indexOf(':') + 1);
  await docker(job, ['login', '--username', ecr.user, '--password-stdin', ecr.host], password);
}

/** Full name of the image of this push. */
export function imageName(job: Job): string {
  return `${job.services.ecr.host}/${job.history.repository}:${job.tag}`;
}
