import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestTypes } from '../../src/docker/media-types.ts';
import type { DockerCommand, Registry } from '../../src/local/parts/index.ts';
import { run } from '../../src/local/parts/process.ts';
import { dockerConfig } from './docker-config.ts';

/** Name in the hub, with tag. */
export const BUILDER = 'moby/buildkit:buildx-stable-1';

/** The name in the hub of a public image of whatever registry, with tag. */
export function hubName(image: string): string {
  const parts = image.split('/');
  if (parts.length > 1 && /[.:]/.test(parts[0] ?? '')) parts.shift();
  return parts.length === 1 ? `library/${parts[0]}` : parts.join('/');
}

/** What the base image's tag names before or after it was built anew. */
function versionName(base: string, version: 'before' | 'after'): string {
  return `${hubName(base).split(':')[0]}:${version}`;
}

interface Pusher {
  docker: DockerCommand;
  temp: string;
}

/** Puts the public images into the registry that stands for Docker Hub. */
export async function fillHub(
  options: Pusher & {
    hub: Registry;
    /** Public images in the Engine; the first is the base image. */
    images: readonly [string, ...string[]];
    /** Instructions that the base image has beside its files. */
    settings: readonly string[];
    /** Name of the builder's image in the Engine. */
    builder: string | undefined;
  },
): Promise<void> {
  const { hub, docker, temp, images } = options;
  const [base, ...others] = images;
  const env = await signedIn(docker, join(temp, 'hub-login'), hub);
  const moved = join(temp, 'moved');
  await mkdir(moved, { recursive: true });
  // One layer, all of it new, as where Debian's packages were updated.
  await writeFile(
    join(moved, 'Dockerfile'),
    `FROM ${base} AS before
COPY moved /etc/moved
FROM scratch
COPY --from=before / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
${options.settings.join('\n')}
`,
  );
  await writeFile(join(moved, 'moved'), 'moved\n');
  await push(docker, env, base, `${hub.host}/${versionName(base, 'before')}`);
  await buildAndPush(docker, env, moved, `${hub.host}/${versionName(base, 'after')}`);
  for (const image of others) await push(docker, env, image, `${hub.host}/${hubName(image)}`);
  if (options.builder) await push(docker, env, options.builder, `${hub.host}/${BUILDER}`);
}

/**
 * Pushes an image of one file, which the function begins with.
 * @param host of ECR as the function names it
 * @returns its URI there
 */
export async function pushTiny(options: Pusher & { ecr: Registry }, host: string): Promise<string> {
  const { ecr, docker, temp } = options;
  const env = await signedIn(docker, join(temp, 'ecr-login'), ecr);
  const folder = join(temp, 'tiny');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY file /file\nCMD ["/file"]\n');
  await writeFile(join(folder, 'file'), 'tiny\n');
  await buildAndPush(docker, env, folder, `${ecr.host}/tiny:1`);
  return `${host}/tiny:1`;
}

/** docker's environment with a login of its own. */
async function signedIn(
  docker: DockerCommand,
  folder: string,
  registry: Registry,
): Promise<NodeJS.ProcessEnv> {
  return { ...process.env, ...docker.env, DOCKER_CONFIG: await dockerConfig(folder, registry) };
}

async function buildAndPush(
  docker: DockerCommand,
  env: NodeJS.ProcessEnv,
  folder: string,
  name: string,
): Promise<void> {
  const args = ['build', '--provenance=false', '--sbom=false', '--tag', name, folder];
  await run(docker.program, args, { env, what: `Build ${name}` });
  await run(docker.program, ['push', '--quiet', name], { env, what: `Push ${name}` });
  await run(docker.program, ['image', 'rm', name], { env });
}

async function push(
  docker: DockerCommand,
  env: NodeJS.ProcessEnv,
  image: string,
  name: string,
): Promise<void> {
  await run(docker.program, ['tag', image, name], { env, what: `Tag ${image}` });
  await run(docker.program, ['push', '--quiet', name], { env, what: `Push ${name}` });
  await run(docker.program, ['image', 'rm', name], { env });
}

/** Lets the base image's tag name the first image or the one that was built anew, by the registry's own protocol. */
export async function moveBase(hub: Registry, base: string, moved: boolean): Promise<void> {
  const login = Buffer.from(`${hub.user}:${hub.password}`).toString('base64');
  const url = (name: string) => `http://${hub.host}/v2/${name.replace(':', '/manifests/')}`;
  const headers = { authorization: `Basic ${login}`, accept: manifestTypes.join(', ') };
  const found = await fetch(url(versionName(base, moved ? 'after' : 'before')), { headers });
  const body = await found.text();
  const type = { ...headers, 'content-type': found.headers.get('content-type') ?? '' };
  const put = await fetch(url(hubName(base)), { method: 'PUT', headers: type, body });
  if (!found.ok || !put.ok) throw new Error(`the base image's tag: ${found.status} and ${put.status}`);
}
