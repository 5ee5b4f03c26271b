/*
 * Images are named by reading the Dockerfile, not by the provenance (`materials`) of the last build:
 * - It would have to be found before the hash is known, under a second tag of what was hashed without the images. That
 *   is one more request, and then only the images' own: now these run beside the reading of the files. Such a tag must
 *   move, which a repository of immutable tags refuses; a label instead would change the image by its own history.
 * - An attestation in the registry makes the image an index, and Lambda takes none.
 * - The Engine's own builder names no digest for an image that it has locally.
 * What it would give: no doubt about `$BUILDPLATFORM` and triggers (ONBUILD) of this Dockerfile, and no look-up for
 * stages that the target does not need. A trigger of a base image that copies from another image by a moving tag is
 * seen by neither before the first build; here it is not seen at all.
 */
import type { Environment } from '../github/inputs.ts';
import { type Docker, runDocker } from './command.ts';
import { type RegistryCredentials, userCredentials } from './credentials.ts';
import { engineGet, engineSocket } from './engine-api.ts';
import { parseReference } from './reference.ts';
import { openRegistry } from './registry.ts';

/** Where a builder looks image names up, and with which login. */
export interface IdentitySources {
  /** The Engine whose local images come before their registry; undefined where the builder asks registries only. */
  engine: Promise<Docker | undefined>;
  env: Environment;
  /** Our own login where this host is the registry that is deployed to; it may have to be waited for. */
  own(host: string): Promise<RegistryCredentials | undefined>;
}

/**
 * What each image name stands for now: the local image where the builder prefers it, else the digest that its
 * registry names. undefined where neither answers. The registries are asked while it is found out which builder there
 * is; an answer that a local image makes needless is not waited for.
 */
export async function identifyImages(
  images: readonly string[],
  sources: IdentitySources,
): Promise<ReadonlyMap<string, string | undefined>> {
  const remote = new Map(images.map((image) => [image, registryIdentity(image, sources)]));
  const engine = await sources.engine;
  const local = engine ? await localIdentities(engine, images) : new Map<string, string>();
  const entries = images.map(
    async (image): Promise<[string, string | undefined]> => [
      image,
      local.get(image) ?? (await remote.get(image)),
    ],
  );
  return new Map(await Promise.all(entries));
}

interface InspectedImage {
  Id: string;
  RepoTags?: string[] | null;
  RepoDigests?: string[] | null;
}

async function localIdentities(engine: Docker, images: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { Id, RepoTags, RepoDigests } of await inspectImages(engine, images))
    for (const image of images) {
      const name = familiar(image);
      if (!RepoTags?.some((tag) => familiar(tag) === name)) continue;
      // The digest is what a registry names, too, so that machines with and without the local image agree.
      const repository = name.replace(/:[^:/]*$/, '');
      const digest = RepoDigests?.find((entry) => entry.startsWith(`${repository}@`));
      found.set(image, digest?.split('@')[1] ?? Id);
    }
  return found;
}

/** Those that the Engine has; over its socket where docker would use one, which takes no process. */
async function inspectImages(engine: Docker, images: readonly string[]): Promise<InspectedImage[]> {
  const socket = await engineSocket(engine.env);
  if (socket) {
    const answers = await Promise.all(images.map((image) => engineGet(socket, `/images/${image}/json`)));
    if (answers.every(({ status }) => status === 200 || status === 404))
      return answers.flatMap(({ status, body }) =>
        status === 200 ? [JSON.parse(body) as InspectedImage] : [],
      );
  }
  const { stdout } = await runDocker(engine, ['image', 'inspect', ...images], { timeout: 10_000 });
  return stdout.trim() === '' ? [] : (JSON.parse(stdout) as InspectedImage[]);
}

/** As `docker images` writes names: Docker Hub's without host. */
function familiar(image: string): string {
  const { host, repository, tag } = parseReference(image) ?? { host: '', repository: image, tag: '' };
  const short = host === 'docker.io' ? repository.replace(/^library\//, '') : `${host}/${repository}`;
  return `${short}:${tag}`;
}

/** Never throws. */
async function registryIdentity(image: string, { env, own }: IdentitySources): Promise<string | undefined> {
  const reference = parseReference(image);
  if (!reference) return undefined;
  try {
    const credentials = (await own(reference.host)) ?? (await userCredentials(reference.host, env));
    return await openRegistry(reference.host, credentials).digest(reference.repository, reference.tag);
  } catch {
    return undefined;
  }
}
