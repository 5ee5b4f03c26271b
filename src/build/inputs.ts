import { type AwsInputs, readAwsInputs } from '../aws/credentials.ts';
import { type Driver, drivers } from '../docker/builder.ts';
import { DeployError } from '../errors.ts';
import { type Environment, InputError, type Inputs } from '../github/inputs.ts';

export type Platform = 'linux/amd64' | 'linux/arm64';

/** `name=value` of an entry; the name is not empty. */
export interface Pair {
  name: string;
  value: string;
}

export interface BuildInputs {
  context: string;
  /** '' means `Dockerfile` in the context. */
  file: string;
  target: string;
  buildArgs: Pair[];
  buildContexts: Pair[];
  labels: Pair[];
  secrets: Pair[];
  secretEnvs: Pair[];
  secretFiles: Pair[];
  ssh: string[];
  noCache: boolean;
  pull: boolean;
  /** '' means that of the function, else linux/amd64. */
  platform: Platform | '';
  repository: string;
  /** '' means the account's ECR. */
  registry: string;
  createRepository: boolean;
  tags: string[];
  cache: 'auto' | 'gha' | 'registry' | 'off';
  cacheScope: string;
  cacheMounts: 'auto' | 'true' | 'false';
  rebuild: 'changed' | 'always';
  /** What is done with what the checks of project and image find; `strict` takes warnings for errors. */
  checks: 'off' | 'warn' | 'strict';
  /** '' means that the action chooses. */
  builder: string;
  driver: Driver;
  /** '' means that of the driver. */
  endpoint: string;
  driverOptions: string[];
  push: boolean;
  /** The first one, which decides the platform; '' where there is none. */
  functionName: string;
  dryRun: boolean;
  /** Absent where nothing is pushed and no function asked: a pull request from a fork has no AWS account. */
  aws: AwsInputs | undefined;
  record: string;
}

/**
 * Reads and checks every input of the build action.
 * @throws InputError, DeployError; nothing has been called by then
 */
export function readBuildInputs(inputs: Inputs, env: Environment): BuildInputs {
  const builder = inputs.text('builder');
  const driver = inputs.choice('driver', drivers, 'auto');
  if (builder !== '' && builder !== 'auto' && driver !== 'auto')
    throw new DeployError(
      `Inputs \`builder\` (${JSON.stringify(builder)}) and \`driver\` (${JSON.stringify(driver)}) are both given; allowed: one of them.`,
      'A named builder has its driver already.',
    );
  return {
    context: inputs.text('context') || '.',
    file: inputs.text('file'),
    target: inputs.text('target'),
    buildArgs: pairs(inputs, 'build-args', { bare: env }),
    buildContexts: pairs(inputs, 'build-contexts'),
    labels: pairs(inputs, 'labels'),
    secrets: pairs(inputs, 'secrets'),
    secretEnvs: variables(pairs(inputs, 'secret-envs'), env),
    secretFiles: pairs(inputs, 'secret-files'),
    ssh: inputs.list('ssh'),
    noCache: inputs.boolean('no-cache', false),
    pull: inputs.boolean('pull', false),
    platform: inputs.choice('platform', ['', 'linux/amd64', 'linux/arm64'], ''),
    repository: repository(inputs),
    registry: registry(inputs),
    createRepository: inputs.boolean('create-repository', false),
    tags: inputs.list('tags', { comma: true }).map(checkedTag),
    cache: inputs.choice('cache', ['auto', 'gha', 'registry', 'off'], 'auto'),
    cacheScope: cacheScope(inputs),
    cacheMounts: inputs.choice('cache-mounts', ['auto', 'true', 'false'], 'auto'),
    rebuild: inputs.choice('rebuild', ['changed', 'always'], 'changed'),
    checks: inputs.choice('checks', ['off', 'warn', 'strict'], 'warn'),
    builder: builder === 'auto' ? '' : builder,
    driver,
    endpoint: endpoint(inputs, driver),
    driverOptions: driverOptions(inputs, driver),
    push: inputs.boolean('push', true),
    functionName: inputs.list('function-name')[0] ?? '',
    dryRun: inputs.boolean('dry-run', false),
    aws: needsAws(inputs) ? readAwsInputs(inputs, env) : undefined,
    record: inputs.text('record'),
  };
}

/** AWS is asked for ECR's login, and for the function's architecture where `platform` does not say it. */
function needsAws(inputs: Inputs): boolean {
  const asksFunction = inputs.text('platform') === '' && inputs.list('function-name').length > 0;
  return inputs.boolean('push', true) || asksFunction;
}

/**
 * A list of `name=value`.
 * @param options.bare where given, an entry without `=` takes its value from these variables, as `--build-arg` does
 */
function pairs(inputs: Inputs, input: string, options: { bare?: Environment } = {}): Pair[] {
  return inputs.list(input).flatMap((entry) => {
    const equals = entry.indexOf('=');
    if (equals > 0) return [{ name: entry.slice(0, equals), value: entry.slice(equals + 1) }];
    if (equals === 0 || !options.bare)
      throw new InputError(input, equals < 0 ? entry : '=...', '`name=value`, one a line');
    const value = options.bare[entry];
    return value === undefined ? [] : [{ name: entry, value }];
  });
}

function variables(entries: Pair[], env: Environment): Pair[] {
  for (const { value } of entries)
    if (env[value] === undefined)
      throw new InputError('secret-envs', value, '`id=VARIABLE` with a variable that is set in this step');
  return entries;
}

/** Source: ECR API reference, CreateRepository, repositoryName. */
function repository(inputs: Inputs): string {
  const allowed = '2 to 256 small letters, digits and single `.`, `_`, `-`, `/` between them';
  const name = inputs.required('repository', allowed);
  const part = '[a-z0-9]+(?:[._-]+[a-z0-9]+)*';
  if (name.length < 2 || name.length > 256 || !new RegExp(`^${part}(?:/${part})*$`).test(name))
    throw new InputError('repository', name, allowed);
  return name;
}

function registry(inputs: Inputs): string {
  const host = inputs.text('registry');
  if (host !== '' && !/^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+|localhost)(?::\d{1,5})?$/i.test(host))
    throw new InputError('registry', host, 'a host name, with a port where needed, such as `localhost:5000`');
  return host;
}

/** A remote builder has an address; the others know theirs. */
function endpoint(inputs: Inputs, driver: Driver): string {
  const value = inputs.text('endpoint');
  const given = value === 'auto' ? '' : value;
  if (driver === 'remote' && !/^(tcp|unix|docker-container|kube-pod|ssh):\/\/\S+$/.test(given))
    throw new InputError('endpoint', value, 'the address of a remote builder, such as `tcp://HOST:1234`');
  if (given !== '' && !['remote', 'kubernetes', 'docker-container'].includes(driver))
    throw new InputError(
      'endpoint',
      value,
      'empty unless `driver` is `remote`, `kubernetes` or `docker-container`',
    );
  return given;
}

function driverOptions(inputs: Inputs, driver: Driver): string[] {
  const options = inputs.list('driver-opts');
  for (const option of options) {
    if (driver === 'auto' || driver === 'docker')
      throw new InputError(
        'driver-opts',
        option,
        'empty unless `driver` is `remote`, `kubernetes` or `docker-container`',
      );
    if (!/^[\w.-]+=/.test(option)) throw new InputError('driver-opts', option, '`name=value`, one a line');
  }
  return options;
}

function checkedTag(tag: string): string {
  if (!/^\w[\w.-]{0,127}$/.test(tag))
    throw new InputError(
      'tags',
      tag,
      'up to 128 letters, digits, `_`, `.`, `-`, not starting with `.` or `-`',
    );
  if (/^inputs-/.test(tag))
    throw new InputError(
      'tags',
      tag,
      'a tag that does not start with `inputs-`, which marks unchanged builds',
    );
  return tag;
}

function cacheScope(inputs: Inputs): string {
  const scope = inputs.text('cache-scope');
  if (scope !== '' && !/^[\w./-]{1,200}$/.test(scope))
    throw new InputError('cache-scope', scope, 'up to 200 letters, digits, `_`, `.`, `/`, `-`');
  return scope;
}
