import { ecrHost } from '../aws/ecr-host.ts';
import type { RegistryCredentials } from '../docker/credentials.ts';
import { identifyImages } from '../docker/image-identity.ts';
import type { Environment } from '../github/inputs.ts';
import type { BuilderSource } from './builder.ts';
import { type FingerprintRequest, fingerprint, type InputsHash } from './fingerprint.ts';
import type { BuildInputs } from './inputs.ts';
import type { SignedIn } from './sign-in.ts';

/** The hash of everything that goes into a build, or why it cannot be known. */
export type Fingerprint = InputsHash | { doubt: string };

/** What must be known before the inputs of a build can be told. */
export interface SkipSources {
  /** Awaited only for what needs it: the files are read meanwhile. */
  signedIn: Promise<SignedIn>;
  /** The builder that the build would use. */
  builder: Pick<BuilderSource, 'find'>;
  /** Told of each file of the context. */
  onFile?: FingerprintRequest['onFile'];
}

/**
 * What a build is made of. Everything that cannot be known counts as changed: a file missed by the hash would ship
 * stale code.
 */
export async function inputsFingerprint(
  inputs: BuildInputs,
  env: Environment,
  { signedIn, builder, onFile }: SkipSources,
): Promise<Fingerprint> {
  // Only a function of another architecture makes the platform a question.
  const asked = inputs.platform === '' && inputs.functionName !== '';
  return await fingerprint({
    ...inputs,
    platform: asked ? (await signedIn).platform : inputs.platform || 'linux/amd64',
    secrets: inputs.secrets.length + inputs.secretEnvs.length + inputs.secretFiles.length > 0,
    ssh: inputs.ssh.length > 0,
    env,
    ...(onFile ? { onFile } : {}),
    identify: async (images) => {
      const engine = builder
        .find()
        .then(({ prefersLocalImages }) => (prefersLocalImages ? { program: 'docker', env } : undefined));
      // Only images in the registry that is deployed to wait for the sign-in.
      const own = async (host: string): Promise<RegistryCredentials | undefined> => {
        if (host !== inputs.registry && !ecrHost(host)) return undefined;
        const login = (await signedIn).own;
        return login?.host === host ? login.credentials : undefined;
      };
      return await identifyImages(images, { engine, env, own });
    },
  });
}
