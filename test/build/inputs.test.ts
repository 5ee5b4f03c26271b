import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readBuildInputs } from '../../src/build/inputs.ts';
import { inputsFrom } from '../../src/github/inputs.ts';

const good = { repository: 'team/api', 'aws-region': 'eu-central-1' };

const variables = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ ...good, ...values }).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );

const read = (values: Record<string, string>, env: Record<string, string> = {}) =>
  readBuildInputs(inputsFrom(variables(values)), env);

describe('readBuildInputs', () => {
  it('needs no Region where nothing is pushed and no function asked', () => {
    const preview = { 'aws-region': '', push: 'false' };
    expect(read(preview).aws).toBeUndefined();
    expect(read({ ...preview, 'function-name': 'api', platform: 'linux/arm64' }).aws).toBeUndefined();
    expect(() => read({ ...preview, 'function-name': 'api' })).toThrow('`aws-region` is empty');
    expect(() => read({ ...preview, push: 'true' })).toThrow('`aws-region` is empty');
  });

  it('fills in the defaults', () => {
    expect(read({})).toMatchObject({
      context: '.',
      platform: '',
      cache: 'auto',
      rebuild: 'changed',
      push: true,
      dryRun: false,
      builder: '',
      driver: 'auto',
    });
  });

  it('takes the value of a bare build argument from the environment, as docker does', () => {
    expect(read({ 'build-args': 'A=1\nB\nC' }, { B: 'from env' }).buildArgs).toEqual([
      { name: 'A', value: '1' },
      { name: 'B', value: 'from env' },
    ]);
  });

  it.each<[string, string, RegExp]>([
    ['repository', '', /Input `repository` is empty; allowed: 2 to 256/],
    ['repository', 'Team/API', /Input `repository` is "Team\/API"; allowed/],
    ['platform', 'linux/amd64,linux/arm64', /Input `platform` is "linux\/amd64,linux\/arm64"; allowed/],
    ['registry', 'https://host', /Input `registry` is "https:\/\/host"; allowed: a host name/],
    ['tags', '-x', /Input `tags` is "-x"; allowed/],
    ['tags', 'inputs-0123456789abcdef', /`tags` .*does not start with `inputs-`/],
    ['labels', 'novalue', /Input `labels` is "novalue"; allowed: `name=value`/],
    ['secrets', 'token', /Input `secrets` is "token"; allowed: `name=value`/],
    ['secret-envs', 'id=NOT_SET', /Input `secret-envs` is "NOT_SET"; allowed/],
    ['cache', 'github', /Input `cache` is "github"; allowed: `auto`, `gha`, `registry`, `off`/],
    ['cache-mounts', 'yes', /`cache-mounts` is "yes"; allowed: `auto`, `true`, `false`/],
    [
      'driver',
      'cloud',
      /`driver` is "cloud"; allowed: `auto`, `docker`, `docker-container`, `remote`, `kube/,
    ],
    ['driver', 'remote', /`endpoint` is empty; allowed: the address of a remote builder/],
    ['endpoint', 'tcp://b:1234', /`endpoint` is "tcp:\/\/b:1234"; allowed: empty unless `driver` is/],
    ['driver-opts', 'network=host', /`driver-opts` is "network=host"; allowed: empty unless `driver` is/],
    ['rebuild', 'never', /Input `rebuild` is "never"; allowed: `changed`, `always`/],
    ['push', 'no', /Input `push` is "no"; allowed: `true` or `false`/],
    ['aws-region', 'mars', /Input `aws-region` is "mars"; allowed: a Region/],
    ['role-to-assume', 'deploy', /Input `role-to-assume` is "deploy"; allowed: a role ARN/],
    ['role-duration', '1m', /Input `role-duration` is "1m"; allowed: `15m` to `12h`/],
  ])('refuses %s %j', (name, value, message) => {
    expect(() => read({ [name]: value })).toThrowError(message);
  });

  it('refuses a builder and a driver together', () => {
    expect(() => read({ builder: 'mine', driver: 'docker' })).toThrowError(
      /`builder` .* and `driver` .* are both given/,
    );
  });
});

describe('the build action as the runner starts it', () => {
  it('shows one ::error line for a bad input, before any call, and fails', async () => {
    const main = join(import.meta.dirname, '..', '..', 'src', 'build', 'main.ts');
    // No docker on this PATH and no endpoint that answers: a call would fail with another message.
    const env = {
      ...variables({ cache: 'github' }),
      PATH: '/nonexistent',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    };
    const failure = promisify(execFile)(process.execPath, [main], { env }).catch((error: unknown) => error);
    expect(await failure).toMatchObject({
      code: 1,
      stdout: '::error::Input `cache` is "github"; allowed: `auto`, `gha`, `registry`, `off`.\n',
    });
  });
});
