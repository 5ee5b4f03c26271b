import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type DockerConfigFile,
  makePrivateConfig,
  privateConfig,
  removePrivateConfig,
} from '../../src/docker/config.ts';
import { userCredentials } from '../../src/docker/credentials.ts';

const login = { host: '1.dkr.ecr.eu-west-1.amazonaws.com', username: 'AWS', password: 'secret' };
const auth = Buffer.from('AWS:secret').toString('base64');

let folder: string;
let user: string;
let target: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'));
  user = join(folder, 'user');
  target = join(folder, 'temp', 'private');
  await mkdir(user);
});
afterEach(() => rm(folder, { recursive: true }));

const writeUser = (config: DockerConfigFile) => writeFile(join(user, 'config.json'), JSON.stringify(config));
const make = () => makePrivateConfig(target, { DOCKER_CONFIG: user }, login);
const written = async (): Promise<DockerConfigFile> =>
  JSON.parse(await readFile(join(target, 'config.json'), 'utf8')) as DockerConfigFile;

describe('the private configuration', () => {
  it('is a folder of mode 700 with a file of mode 600, whatever the umask', async () => {
    const before = process.umask(0);
    try {
      await make();
    } finally {
      process.umask(before);
    }
    expect((await stat(target)).mode & 0o777).toBe(0o700);
    expect((await stat(join(target, 'config.json'))).mode & 0o777).toBe(0o600);
  });

  it('holds the login itself, in a file that says no keychain for its host', async () => {
    await writeUser({ credsStore: 'desktop', credHelpers: { [login.host]: 'ecr-login', 'ghcr.io': 'pass' } });
    expect(await make()).toEqual({ DOCKER_CONFIG: target, BUILDX_CONFIG: join(user, 'buildx') });
    const config = await written();
    expect(config.auths).toEqual({ [login.host]: { auth } });
    expect(config).not.toHaveProperty('credsStore');
    expect(config.credHelpers).toEqual({ 'ghcr.io': 'pass' });
  });

  it("leaves the user's own file as it is", async () => {
    const own: DockerConfigFile = { auths: { 'ghcr.io': { auth: 'eDp5' } }, credsStore: 'desktop' };
    await writeUser(own);
    await make();
    expect(JSON.parse(await readFile(join(user, 'config.json'), 'utf8'))).toEqual(own);
    expect((await written()).auths).toEqual({ ...own.auths, [login.host]: { auth } });
  });

  it('keeps the logins of a keychain in reach: its helper stands at each host that it holds', async () => {
    await writeUser({ auths: { 'ghcr.io': {} }, credsStore: 'test' });
    await make();
    const bin = join(folder, 'bin');
    await mkdir(bin);
    await writeFile(
      join(bin, 'docker-credential-test'),
      '#!/bin/sh\nread host\necho "{\\"Username\\":\\"me\\",\\"Secret\\":\\"of $host\\"}"\n',
    );
    await chmod(join(bin, 'docker-credential-test'), 0o755);
    const env = { DOCKER_CONFIG: target, PATH: `${bin}${delimiter}${process.env.PATH}` };
    expect(await userCredentials('ghcr.io', env)).toEqual({ username: 'me', password: 'of ghcr.io' });
    expect(await userCredentials(login.host, env)).toEqual({ username: 'AWS', password: 'secret' });
  });

  it('takes the place of an older login at the same host, however it is spelt', () => {
    const auths = {
      [`https://${login.host}`]: { auth: 'b2xk' },
      [`https://${login.host}/`]: { auth: 'b2xk' },
    };
    expect(privateConfig({ auths }, user, login).auths).toEqual({ [login.host]: { auth } });
  });

  it('refuses a configuration that is not JSON, by its path', async () => {
    await writeFile(join(user, 'config.json'), '{');
    await expect(make()).rejects.toThrow(`${join(user, 'config.json')} is not JSON.`);
  });

  it('is gone after removal, and a second removal does no harm', async () => {
    await make();
    await removePrivateConfig(target);
    await removePrivateConfig(target);
    await expect(stat(target)).rejects.toThrow('ENOENT');
  });
});
