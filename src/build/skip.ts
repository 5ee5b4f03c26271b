import type { Builder } from '../docker/builder.ts';
import type { Docker } from '../docker/command.ts';
import type { RegistryCredentials } from '../docker/credentials.ts';
import { identifyImages } from '../docker/image-identity.ts';
import type { Environment } from '../github/inputs.ts';
import { fingerprint } from './fingerprint.ts';
import type { BuildInputs, Platform } from './inputs.ts';

/** The hash of everything that goes into a build, or why it cannot be known. */
export type Fingerprint = { hash: string } | { doubt: string };

/** What must be known before the inputs of a build can be told. */
export interface SkipSources {
  platform: Platform;
  docker: Docker;
  /** Our own login, for base images that lie in the same registry. */
  own: { host: string; credentials: RegistryCredentials } | undefined;
  /** The builder that the build would use. */
  builder: () => Promise<Builder>;
}

/**
 * What a build is made of. Everything that cannot be known counts as changed: a file missed by the hash would ship
 * stale code.
 */
export async function inputsFingerprint(
  inputs: BuildInputs,
  env: Environment,
  { platform, docker, own, builder }: SkipSources,
): Promise<Fingerprint> {
  return await fingerprint({
    ...inputs,
    platform,
    secrets: inputs.secrets.length + inputs.secretEnvs.length + inputs.secretFiles.length > 0,
    ssh: inputs.ssh.length > 0,
    env,
    identify: async (images) => {
      const engine = (await builder()).prefersLocalImages ? docker : undefined;
      return await identifyImages(images, { engine, env, own });
    },
  });
}
