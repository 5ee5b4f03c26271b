import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestTypes } from '../../src/docker/media-types.ts';
import { type DockerCommand, NODE_IMAGE, type Registry } from '../../src/local/parts/index.ts';
import { run } from '../../src/local/parts/process.ts';
import { dockerConfig } from './docker-config.ts';

/** Names in the hub, with tag. */
export const BASE = 'library/node:24-bookworm-slim';
/** What its tag names before and after it was built anew. */
const BEFORE = 'library/node:before';
const AFTER = 'library/node:after';
export const BUILDER = 'moby/buildkit:buildx-stable-1';

interface Pusher {
  docker: DockerCommand;
  temp: string;
}

/** Puts the public images into the registry that stands for Docker Hub. */
export async function fillHub(
  options: Pusher & {
    hub: Registry /** Name of the builder's image in the Engine. */;
    builder: string | undefined;
  },
): Promise<void> {
  const { hub, docker, temp } = options;
  const env = await signedIn(docker, join(temp, 'hub-login'), hub);
  const moved = join(temp, 'moved');
  await mkdir(moved, { recursive: true });
  // One layer, all of it new, as where Debian's packages were updated.
  await writeFile(
    join(moved, 'Dockerfile'),
    `FROM ${NODE_IMAGE} AS before
COPY moved /etc/moved
FROM scratch
COPY --from=before / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
`,
  );
  await writeFile(join(moved, 'moved'), 'moved\n');
  await push(docker, env, NODE_IMAGE, `${hub.host}/${BEFORE}`);
  await buildAndPush(docker, env, moved, `${hub.host}/${AFTER}`);
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
export async function moveBase(hub: Registry, moved: boolean): Promise<void> {
  const login = Buffer.from(`${hub.user}:${hub.password}`).toString('base64');
  const url = (name: string) => `http://${hub.host}/v2/${name.replace(':', '/manifests/')}`;
  const headers = { authorization: `Basic ${login}`, accept: manifestTypes.join(', ') };
  const found = await fetch(url(moved ? AFTER : BEFORE), { headers });
  const body = await found.text();
  const type = { ...headers, 'content-type': found.headers.get('content-type') ?? '' };
  const put = await fetch(url(BASE), { method: 'PUT', headers: type, body });
  if (!found.ok || !put.ok) throw new Error(`the base image's tag: ${found.status} and ${put.status}`);
}
