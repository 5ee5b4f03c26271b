import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeployError } from '../errors.ts';
import type { Builder } from './builder.ts';
import { type Docker, runDocker } from './command.ts';

/** Where a new builder runs. */
export interface BuilderPlace {
  /** `tcp://HOST:PORT` for `remote`, a context for `kubernetes`; '' means that of the driver. */
  endpoint: string;
  /** `--driver-opt`, as in docker/setup-buildx-action. */
  driverOptions: readonly string[];
}

/**
 * Creates a builder that `chooseBuilder` decided on, and waits until it answers.
 * @param certificates driver options from `builderCertificates`
 * @throws DeployError
 */
export async function createBuilder(
  docker: Docker,
  builder: Builder,
  place: BuilderPlace,
  certificates: readonly string[],
): Promise<void> {
  const { code, stderr } = await runDocker(docker, createArguments(builder, place, certificates));
  if (code === 0) return;
  const where = place.endpoint === '' ? '' : ` at ${place.endpoint}`;
  throw new DeployError(
    `Cannot start a ${builder.driver} builder${where}: ${stderr.trim().split('\n').pop() ?? ''}.`,
    builder.driver === 'docker-container'
      ? 'Name a `builder` that runs, or use an Engine with the containerd image store.'
      : 'Check `endpoint`, `driver-opts` and, for a server with certificates, BUILDER_NODE_0_AUTH_TLS_CACERT, _CERT and _KEY.',
  );
}

/** The whole command line. */
export function createArguments(
  { name, driver }: Builder,
  { endpoint, driverOptions }: BuilderPlace,
  certificates: readonly string[],
): string[] {
  // Steps that need the network then have the machine's, without a bridge of the builder's own to set up.
  const network = driver === 'docker-container' && !driverOptions.some((option) => /^network=/.test(option));
  const options = [...(network ? ['network=host'] : []), ...driverOptions, ...certificates];
  return [
    ['buildx', 'create', '--name', name, '--driver', driver],
    ...options.map((option) => ['--driver-opt', option]),
    ['--bootstrap', ...(endpoint === '' ? [] : [endpoint])],
  ].flat();
}

/**
 * Writes the certificates for a remote builder from the environment (the names are docker/setup-buildx-action's)
 * into files that only this user reads.
 * @param folder a private folder, removed by post
 * @returns driver options that name the files
 */
export async function builderCertificates(env: NodeJS.ProcessEnv, folder: string): Promise<string[]> {
  const options: string[] = [];
  for (const part of ['CACERT', 'CERT', 'KEY']) {
    const value = env[`BUILDER_NODE_0_AUTH_TLS_${part}`];
    if (!value) continue;
    const path = join(folder, 'certificates', `${part.toLowerCase()}.pem`);
    await mkdir(join(folder, 'certificates'), { recursive: true, mode: 0o700 });
    await writeFile(path, value, { mode: 0o600 });
    options.push(`${part.toLowerCase()}=${path}`);
  }
  return options;
}

/** Removes a builder that this run made; one that is gone is fine. */
export async function removeBuilder(docker: Docker, name: string): Promise<void> {
  await runDocker(docker, ['buildx', 'rm', '--force', name], { timeout: 30_000 });
}
