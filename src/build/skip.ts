import { chooseBuilder, engineFacts } from '../docker/builder.ts';
import type { Docker } from '../docker/command.ts';
import type { RegistryCredentials } from '../docker/credentials.ts';
import { identifyImages } from '../docker/image-identity.ts';
import type { Environment } from '../github/inputs.ts';
import { layerCache } from './cache.ts';
import { fingerprint } from './fingerprint.ts';
import type { BuildInputs, Platform } from './inputs.ts';

/** The hash of everything that goes into a build, or why it cannot be known. */
export type Fingerprint = { hash: string } | { doubt: string };

/** What must be known before the inputs of a build can be told. */
export interface SkipSources {
  platform: Platform;
  docker: Docker;
  /** `HOST/REPOSITORY` that is pushed to. */
  image: string;
  /** Our own login, for base images that lie in the same registry. */
  own: { host: string; credentials: RegistryCredentials } | undefined;
}

/**
 * What a build is made of. Everything that cannot be known counts as changed: a file missed by the hash would ship
 * stale code.
 * @param sources absent: nothing is known of the builder, so that no image name has a certain meaning
 */
export async function inputsFingerprint(
  inputs: BuildInputs,
  env: Environment,
  sources?: SkipSources,
): Promise<Fingerprint> {
  if (!sources) return { doubt: 'the builder is not known' };
  const { platform, docker, own } = sources;
  return await fingerprint({
    ...inputs,
    platform,
    secrets: inputs.secrets.length + inputs.secretEnvs.length + inputs.secretFiles.length > 0,
    ssh: inputs.ssh.length > 0,
    env,
    identify: async (images) => {
      const engine = (await localImagesFirst(inputs, env, sources)) ? docker : undefined;
      return await identifyImages(images, { engine, env, own });
    },
  });
}

/** Whether the builder that the build would use takes local images before it asks their registry. */
async function localImagesFirst(
  inputs: BuildInputs,
  env: Environment,
  { platform, docker, image }: SkipSources,
): Promise<boolean> {
  const cache = layerCache(inputs, platform, env, image, Date.now());
  const wanted = {
    builder: inputs.builder,
    driver: inputs.driver,
    remoteCache: cache.kind !== 'off',
    name: 'none',
  };
  return (await chooseBuilder(docker, wanted, await engineFacts(docker))).prefersLocalImages;
}
