import { type AwsInputs, readAwsInputs } from '../aws/credentials.ts';
import { ecrHost } from '../aws/ecr-host.ts';
import { parseReference } from '../docker/reference.ts';
import { type Environment, InputError, type Inputs } from '../github/inputs.ts';

/** The image to deploy, as the user named it. */
export interface ImageInput {
  /** As given. */
  uri: string;
  /** `123456789012.dkr.ecr.eu-central-1.amazonaws.com`, `localhost:5000` */
  host: string;
  repository: string;
  /** '' where only a digest is given. */
  tag: string;
  /** `sha256:...`; '' where it is still to be looked up by the tag. */
  digest: string;
}

/** What the smoke test asks for and expects. */
export interface SmokeInputs {
  /** Path without query; starts with `/`. */
  path: string;
  /** Without `?`; '' where there is none. */
  query: string;
  status: number;
  /** What the body must hold; absent: anything. */
  body?: string | RegExp;
  /** For all attempts on one target together. */
  timeoutMs: number;
}

/** Inputs of the deploy action, checked. */
export interface DeployInputs {
  /** Whether to deploy at all: `auto` means not on pull requests. */
  deploy: 'auto' | 'true' | 'false';
  /** Absent only where the build still has to make it. */
  image?: ImageInput;
  /** As given, in order: names, partial ARNs or ARNs. */
  functions: string[];
  /** '' means that users call `$LATEST`. */
  alias: string;
  /** Absent: no smoke test. */
  smoke?: SmokeInputs;
  rollback: boolean;
  updateTimeoutMs: number;
  dryRun: boolean;
  aws: AwsInputs;
  /** Path of the run record to continue; '' for a new one. */
  record: string;
}

/**
 * Reads and checks the inputs of the deploy action; makes no call.
 * @param options.imageFollows true where `image-uri` may be empty because a build before it will fill it in
 * @throws InputError, DeployError for what this version does not support yet
 */
export function readDeployInputs(
  inputs: Inputs,
  env: Environment,
  options: { imageFollows?: boolean } = {},
): DeployInputs {
  const deploy = inputs.choice('deploy', ['auto', 'true', 'false'], 'auto');
  const image = readImage(inputs, options.imageFollows ?? false);
  const functions = readFunctions(inputs);
  const alias = readAlias(inputs);
  const smoke = readSmoke(inputs);
  inputs.notYet('traffic-shift');
  inputs.notYet('alarms');
  const aws = readAwsInputs(inputs, env);
  checkRegions(aws.region, functions, image);
  return {
    deploy,
    ...(image && { image }),
    functions,
    alias,
    ...(smoke && { smoke }),
    rollback: inputs.boolean('rollback', true),
    updateTimeoutMs: inputs.duration('update-timeout', '5m'),
    dryRun: inputs.boolean('dry-run', false),
    aws,
    record: inputs.text('record'),
  };
}

const IMAGE_ALLOWED =
  '`REGISTRY/REPOSITORY@sha256:...` or `REGISTRY/REPOSITORY:TAG`, `latest` is never implied';

function readImage(inputs: Inputs, mayBeEmpty: boolean): ImageInput | undefined {
  const uri = inputs.text('image-uri');
  if (uri === '' && mayBeEmpty) return undefined;
  const reference = parseReference(uri);
  const named = reference !== undefined && (/@sha256:/.test(uri) || /:[^:/@]+$/.test(uri));
  if (!named) throw new InputError('image-uri', uri, IMAGE_ALLOWED);
  const { host, repository, tag, digest } = reference;
  if (host === 'docker.io' || host === 'public.ecr.aws')
    throw new InputError(
      'image-uri',
      uri,
      'an image in a private ECR repository, others Lambda does not run',
    );
  return { uri, host, repository, tag, digest };
}

const FUNCTION_ALLOWED =
  'a function name, `123456789012:function:NAME` or `arn:aws:lambda:REGION:123456789012:function:NAME`, one a line';
const FUNCTION =
  /^(?:(?:arn:aws[a-z-]*:lambda:(?<region>[a-z0-9-]+):)?(?<account>\d{12}):function:)?(?<name>[\w-]{1,64})(?<qualifier>:.*)?$/;

function readFunctions(inputs: Inputs): string[] {
  const given = inputs.list('function-name');
  if (given.length === 0) throw new InputError('function-name', '', FUNCTION_ALLOWED);
  const seen: { name: string; account: string }[] = [];
  for (const text of given) {
    const groups = FUNCTION.exec(text)?.groups;
    const name = groups?.name;
    if (name === undefined) throw new InputError('function-name', text, FUNCTION_ALLOWED);
    if (groups?.qualifier !== undefined)
      throw new InputError(
        'function-name',
        text,
        `${FUNCTION_ALLOWED}, without the qualifier \`${groups.qualifier}\` (name an alias in input \`alias\`)`,
      );
    const account = groups?.account ?? '';
    // A bare name is a function of the deploying account, so it may be the one that an ARN names.
    const twin = seen.some(
      (other) => other.name === name && (other.account === account || other.account === '' || account === ''),
    );
    if (twin) throw new InputError('function-name', text, 'each function once');
    seen.push({ name, account });
  }
  return given;
}

function readAlias(inputs: Inputs): string {
  const alias = inputs.text('alias');
  // The API's own pattern of an alias name: a number or $LATEST would be a version.
  if (alias !== '' && (!/^[\w-]{1,128}$/.test(alias) || /^\d+$/.test(alias)))
    throw new InputError(
      'alias',
      alias,
      'up to 128 letters, digits, `-` and `_`, neither a number nor `$LATEST`',
    );
  return alias;
}

function readSmoke(inputs: Inputs): SmokeInputs | undefined {
  const target = inputs.text('smoke-path') || '/health';
  if (target !== 'off' && !/^\/[\x21-\x22\x24-\x7e]*$/.test(target))
    throw new InputError(
      'smoke-path',
      target,
      '`off`, or a path that starts with `/`, with or without a query, other characters than ASCII percent-encoded',
    );
  const status = inputs.text('smoke-status') || '200';
  if (!/^[1-5]\d\d$/.test(status))
    throw new InputError('smoke-status', status, 'one HTTP status from 100 to 599');
  const body = readBody(inputs);
  const timeoutMs = inputs.duration('smoke-timeout', '30s');
  if (target === 'off') return undefined;
  const mark = target.indexOf('?');
  return {
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    status: Number(status),
    ...(body !== undefined && { body }),
    timeoutMs,
  };
}

function readBody(inputs: Inputs): string | RegExp | undefined {
  const text = inputs.text('smoke-body');
  if (text === '') return undefined;
  const source = /^\/(.+)\/$/s.exec(text)?.[1];
  if (source === undefined) return text;
  try {
    return new RegExp(source);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(
      'smoke-body',
      text,
      `a text, or a JavaScript regular expression between slashes (${reason})`,
    );
  }
}

function checkRegions(region: string, functions: string[], image: ImageInput | undefined): void {
  for (const text of functions) {
    const own = FUNCTION.exec(text)?.groups?.region;
    if (own !== undefined && own !== region)
      throw new InputError('function-name', text, `a function in the Region of this step, \`${region}\``);
  }
  const imageRegion = image && ecrHost(image.host)?.region;
  if (image && imageRegion !== undefined && imageRegion !== region)
    throw new InputError(
      'image-uri',
      image.uri,
      `an image in the Region of the function, \`${region}\`, since Lambda pulls from no other`,
    );
}
