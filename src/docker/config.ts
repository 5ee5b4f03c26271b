import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DeployError } from '../errors.ts';
import type { Environment } from '../github/inputs.ts';

/** A login at a registry. */
export interface Login {
  host: string;
  username: string;
  password: string;
}

/** The fields of docker's config.json that are read here; the others are passed on as they are. */
export interface DockerConfigFile {
  auths?: Record<string, { auth?: string; username?: string; password?: string; identitytoken?: string }>;
  credHelpers?: Record<string, string>;
  credsStore?: string;
  cliPluginsExtraDirs?: string[];
  [other: string]: unknown;
}

/** The folder that docker reads its configuration from in this environment. */
export function userConfigFolder(env: Environment): string {
  return env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker');
}

/**
 * Reads `config.json` of a folder; a missing file is an empty configuration.
 * @throws DeployError where it is not JSON
 */
export async function readDockerConfig(folder: string): Promise<DockerConfigFile> {
  const path = join(folder, 'config.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return {};
  }
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as DockerConfigFile) : {};
  } catch (cause) {
    throw new DeployError(`${path} is not JSON.`, 'Repair or remove that file.', { cause });
  }
}

/**
 * The configuration of the private folder: the user's own (logins, proxies, current context, plugins) and our login.
 *
 * `credsStore` is dropped, since docker would put new logins into that shared keychain; the hosts that it holds
 * a login for (docker lists them as empty `auths`) keep it as their own credential helper. Our host keeps neither.
 * @param user the user's configuration
 * @param userFolder where it lies, for the CLI plugins beside it
 */
export function privateConfig(
  user: DockerConfigFile,
  userFolder: string,
  login: Login | undefined,
): DockerConfigFile {
  const { credsStore, ...config } = structuredClone(user);
  const auths = config.auths ?? {};
  const credHelpers = { ...config.credHelpers };
  if (credsStore)
    for (const [host, entry] of Object.entries(auths))
      if (!entry.auth && !entry.identitytoken && !(host in credHelpers)) credHelpers[host] = credsStore;
  if (login) {
    for (const key of [login.host, `https://${login.host}`, `https://${login.host}/`]) {
      delete auths[key];
      delete credHelpers[key];
    }
    auths[login.host] = { auth: Buffer.from(`${login.username}:${login.password}`).toString('base64') };
  }
  return {
    ...config,
    auths,
    credHelpers,
    cliPluginsExtraDirs: [...(config.cliPluginsExtraDirs ?? []), join(userFolder, 'cli-plugins')],
  };
}

/**
 * Makes the private folder (mode 700, its file 600): a login that other jobs of this machine neither see nor lose,
 * and that is gone with the folder. The login is written into it in the form of `docker login --password-stdin`, but
 * by us: that takes no process and no round trip of the daemon, puts no password on a command line, and cannot end in
 * a keychain of the user's. A refused login shows at the first call of the registry, which comes before any build.
 * @param folder a path that does not exist yet
 * @returns variables for docker's environment: the configuration, and the user's own place of Buildx builders
 */
export async function makePrivateConfig(
  folder: string,
  env: Environment,
  login: Login | undefined,
): Promise<{ DOCKER_CONFIG: string; BUILDX_CONFIG: string }> {
  const userFolder = userConfigFolder(env);
  const config = privateConfig(await readDockerConfig(userFolder), userFolder, login);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // The umask may have taken bits away and a parent may have existed before: the last folder counts.
  await chmod(folder, 0o700);
  await writeFile(join(folder, 'config.json'), JSON.stringify(config, null, 2), { mode: 0o600 });
  // Docker contexts (which Engine is meant) lie beside the file.
  await symlink(join(userFolder, 'contexts'), join(folder, 'contexts'));
  return { DOCKER_CONFIG: folder, BUILDX_CONFIG: env.BUILDX_CONFIG || join(userFolder, 'buildx') };
}

/** Removes the private folder and the login in it; nothing happens where it does not exist. */
export async function removePrivateConfig(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
