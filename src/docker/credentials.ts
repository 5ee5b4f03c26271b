import { execFile } from 'node:child_process';
import type { Environment } from '../github/inputs.ts';
import { type DockerConfigFile, readDockerConfig, userConfigFolder } from './config.ts';

/** User name and password for a registry, or a refresh token of its token service. */
export interface RegistryCredentials {
  username: string;
  password: string;
}

/** Milliseconds that a credential helper may take. */
const helperTimeout = 5_000;

/**
 * What the user's own docker login says about a registry.
 * @param host as in an image name; Docker Hub is `docker.io`
 * @returns undefined where there is no login, or only one that plain HTTP cannot use
 */
export async function userCredentials(
  host: string,
  env: Environment,
): Promise<RegistryCredentials | undefined> {
  const config = await readDockerConfig(userConfigFolder(env));
  const keys = configKeys(host);
  for (const key of keys) {
    const helper = config.credHelpers?.[key];
    if (helper) return fromHelper(helper, key, env);
  }
  const found = fromFile(config, keys);
  if (found || !config.credsStore) return found;
  const named = keys.find((key) => key in (config.auths ?? {}));
  return named === undefined ? undefined : fromHelper(config.credsStore, named, env);
}

/** How docker's config.json spells a host. Source: docker/cli, `registry.IndexServer` and `ConvertToHostname`. */
function configKeys(host: string): string[] {
  if (host === 'docker.io') return ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io'];
  return [host, `https://${host}`, `https://${host}/`, `http://${host}`];
}

function fromFile(config: DockerConfigFile, keys: readonly string[]): RegistryCredentials | undefined {
  for (const key of keys) {
    const entry = config.auths?.[key];
    if (!entry) continue;
    if (entry.username && entry.password) return { username: entry.username, password: entry.password };
    if (!entry.auth) continue;
    const [username, ...rest] = Buffer.from(entry.auth, 'base64').toString('utf8').split(':');
    if (username && rest.length > 0) return { username, password: rest.join(':') };
  }
  return undefined;
}

/** Asks `docker-credential-NAME get`. Source: docker/docker-credential-helpers, its protocol on stdin and stdout. */
function fromHelper(name: string, key: string, env: Environment): Promise<RegistryCredentials | undefined> {
  return new Promise((resolve) => {
    const child = execFile(
      `docker-credential-${name}`,
      ['get'],
      { env: { ...env }, timeout: helperTimeout },
      (error, stdout) => resolve(error ? undefined : parseHelperAnswer(stdout)),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(key);
  });
}

function parseHelperAnswer(text: string): RegistryCredentials | undefined {
  try {
    const { Username, Secret } = JSON.parse(text) as { Username?: unknown; Secret?: unknown };
    // `<token>` marks an identity token, which is no password.
    if (typeof Username !== 'string' || typeof Secret !== 'string' || Username === '<token>')
      return undefined;
    return { username: Username, password: Secret };
  } catch {
    return undefined;
  }
}
