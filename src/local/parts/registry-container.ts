import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DockerCommand } from './private-engine.ts';
import { run, tryRun } from './process.ts';

const IMAGE = 'registry:3';

function nameOf(files: string): string {
  return `deploy-lambda-container-registry-${createHash('sha256').update(files).digest('hex').slice(0, 8)}`;
}

/**
 * Runs the registry as a container, where Debian's package of it is not to be had (macOS, Windows, other Linux).
 * Its images are in a volume of the same name as the container.
 * @param files the folder with `auth/htpasswd`
 */
export async function runRegistryContainer(
  files: string,
  port: number,
  docker: DockerCommand,
  say: (line: string) => void,
): Promise<void> {
  const env = { ...process.env, ...docker.env };
  const name = nameOf(files);
  await tryRun(docker.program, ['rm', '--force', name], { env });
  if ((await tryRun(docker.program, ['image', 'inspect', IMAGE], { env })).code !== 0)
    say(`Registry: pulling ${IMAGE} (once) ...`);
  const settings = {
    REGISTRY_AUTH: 'htpasswd',
    REGISTRY_AUTH_HTPASSWD_REALM: 'deploy-lambda-container',
    REGISTRY_AUTH_HTPASSWD_PATH: '/auth/htpasswd',
    REGISTRY_STORAGE_DELETE_ENABLED: 'true',
    REGISTRY_LOG_LEVEL: 'warn',
    OTEL_TRACES_EXPORTER: 'none',
  };
  const args = [
    ['run', '--detach', '--name', name],
    ['--publish', `127.0.0.1:${port}:5000`],
    ['--volume', `${join(files, 'auth')}:/auth:ro`],
    ['--volume', `${name}:/var/lib/registry`],
    Object.entries(settings).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    [IMAGE],
  ].flat();
  await run(docker.program, args, {
    env,
    what: `Start the registry (${IMAGE})`,
    hint: 'Check that this Docker Engine can pull images, and run this again.',
  });
}

/** Removes the registry's container; the volume with its images stays. */
export async function removeRegistryContainer(files: string, docker: DockerCommand): Promise<void> {
  await tryRun(docker.program, ['rm', '--force', nameOf(files)], { env: { ...process.env, ...docker.env } });
}
