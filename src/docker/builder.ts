import { DeployError } from '../errors.ts';
import { type Docker, runDocker } from './command.ts';

/** The builder of a run. */
export interface Builder {
  /** For `--builder`; '' means the Engine's own. */
  name: string;
  driver: string;
  /** True where this run made it and must remove it. */
  ours: boolean;
  /** True where base images that the Engine has by name are used without asking their registry. */
  prefersLocalImages: boolean;
}

/** What the Engine says of itself. */
export interface EngineFacts {
  version: string;
  /** True where the image store is containerd's, with which the Engine's own BuildKit takes remote caches. */
  containerdStore: boolean;
}

/**
 * Asks the Engine what it is.
 * @throws DeployError where none answers
 */
export async function engineFacts(docker: Docker): Promise<EngineFacts> {
  const { code, stdout, stderr } = await runDocker(docker, ['info', '--format', '{{json .}}'], {
    timeout: 20_000,
  });
  const info =
    code === 0 ? (JSON.parse(stdout) as { ServerVersion?: string; DriverStatus?: string[][] }) : {};
  if (!info.ServerVersion)
    throw new DeployError(
      `No Docker Engine answers: ${stderr.trim().split('\n').pop() ?? 'docker info failed'}.`,
      'Start Docker, or run the job on `ubuntu-latest`.',
    );
  return {
    version: info.ServerVersion,
    containerdStore: (info.DriverStatus ?? []).some(
      ([key, value]) => key === 'driver-type' && value === 'io.containerd.snapshotter.v1',
    ),
  };
}

/**
 * Chooses the builder, the first that fits: the one that is named; one that an earlier step made current; the
 * Engine's own, where its image store takes remote caches or none is wanted; else a docker-container builder.
 * @param wanted.name for a builder that is made here, unique in this job
 * @throws DeployError where the named one does not exist or Buildx is missing
 */
export async function chooseBuilder(
  docker: Docker,
  wanted: {
    builder: string;
    driver: 'auto' | 'docker' | 'docker-container';
    remoteCache: boolean;
    name: string;
  },
  facts: EngineFacts,
): Promise<Builder> {
  if (wanted.driver === 'docker-container') return newBuilder(wanted.name);
  const current = await inspect(docker, wanted.builder);
  if (wanted.builder !== '' || (wanted.driver === 'auto' && current.driver !== 'docker'))
    return { ...current, ours: false, prefersLocalImages: current.driver === 'docker' };
  if (wanted.driver === 'docker' || facts.containerdStore || !wanted.remoteCache)
    return { name: 'default', driver: 'docker', ours: false, prefersLocalImages: true };
  return newBuilder(wanted.name);
}

/**
 * Creates a builder that `chooseBuilder` decided on.
 * @throws DeployError
 */
export async function createBuilder(docker: Docker, { name, driver }: Builder): Promise<void> {
  const { code, stderr } = await runDocker(docker, [
    'buildx',
    'create',
    '--name',
    name,
    '--driver',
    driver,
    '--driver-opt',
    'network=host',
    '--bootstrap',
  ]);
  if (code !== 0)
    throw new DeployError(
      `Cannot start a ${driver} builder: ${stderr.trim().split('\n').pop() ?? ''}.`,
      'Name a `builder` that runs, or use an Engine with the containerd image store.',
    );
}

/** Removes a builder that this run made; one that is gone is fine. */
export async function removeBuilder(docker: Docker, name: string): Promise<void> {
  await runDocker(docker, ['buildx', 'rm', '--force', name], { timeout: 30_000 });
}

function newBuilder(name: string): Builder {
  return { name, driver: 'docker-container', ours: true, prefersLocalImages: false };
}

async function inspect(docker: Docker, name: string): Promise<{ name: string; driver: string }> {
  const { code, stdout, stderr } = await runDocker(docker, ['buildx', 'inspect', ...(name ? [name] : [])], {
    timeout: 20_000,
  });
  if (code !== 0) {
    const reason = stderr.trim().split('\n').pop() ?? '';
    throw /unknown command|is not a docker command/.test(stderr)
      ? new DeployError(
          'Docker has no Buildx here.',
          'Install it: https://docs.docker.com/build/install-buildx/',
        )
      : new DeployError(
          `Builder ${JSON.stringify(name || 'default')} cannot be used: ${reason}.`,
          'See `docker buildx ls`.',
        );
  }
  const field = (title: string): string => new RegExp(`^${title}:\\s+(\\S+)`, 'm').exec(stdout)?.[1] ?? '';
  return { name: field('Name'), driver: field('Driver') };
}
