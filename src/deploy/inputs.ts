import { type AwsInputs, readAwsInputs } from '../aws/credentials.ts';
import { ecrHost } from '../aws/ecr-host.ts';
import { parseReference } from '../docker/reference.ts';
import { type Environment, InputError, type Inputs } from '../github/inputs.ts';
import { type CreateInputs, readCreate } from './create-inputs.ts';
import { readShift, type ShiftInputs } from './shift-inputs.ts';
import { readSmoke, type SmokeInputs } from './smoke-inputs.ts';

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

/** Inputs of the deploy action, checked. */
export interface DeployInputs extends ShiftInputs {
  /** Whether to deploy at all: `auto` means not on pull requests. */
  deploy: 'auto' | 'true' | 'false';
  /** Absent only where the build still has to make it, and for `rollback-to`. */
  image?: ImageInput;
  /** As given, in order: names, partial ARNs or ARNs. */
  functions: string[];
  /** '' means that users call `$LATEST`. */
  alias: string;
  /** Absent: no smoke test. */
  smoke?: SmokeInputs;
  rollback: boolean;
  /** Functions are deployed to all together or not at all. */
  rollbackAll: boolean;
  /** Absent: a function that does not exist is an error. */
  create?: CreateInputs;
  /** `previous` or a version number; '' for a deploy of an image. */
  rollbackTo: string;
  updateTimeoutMs: number;
  dryRun: boolean;
  aws: AwsInputs;
  /** Path of the run record to continue; '' for a new one. */
  record: string;
}

/**
 * Reads and checks the inputs of the deploy action; makes no call.
 * @param options.imageFollows true where `image-uri` may be empty because a build before it will fill it in
 * @throws InputError
 */
export function readDeployInputs(
  inputs: Inputs,
  env: Environment,
  options: { imageFollows?: boolean } = {},
): DeployInputs {
  const deploy = inputs.choice('deploy', ['auto', 'true', 'false'], 'auto');
  const alias = readAlias(inputs);
  const rollbackTo = readRollbackTo(inputs, alias);
  const image = readImage(inputs, (options.imageFollows ?? false) || rollbackTo !== '');
  const functions = readFunctions(inputs);
  const rollback = inputs.boolean('rollback', true);
  const create = readCreate(inputs);
  const smoke = readSmoke(inputs, functions.length);
  const shift = readShift(inputs, alias);
  const aws = readAwsInputs(inputs, env);
  checkRegions(aws.region, functions, image);
  return {
    deploy,
    ...(image && { image }),
    functions,
    alias,
    ...(smoke && { smoke }),
    ...shift,
    rollback,
    rollbackAll: readRollbackAll(inputs, rollback),
    rollbackTo,
    ...(create && { create }),
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

function readRollbackTo(inputs: Inputs, alias: string): string {
  const to = inputs.text('rollback-to');
  if (to === '') return to;
  if (!/^(previous|[1-9]\d*)$/.test(to))
    throw new InputError('rollback-to', to, '`previous` or the number of a version');
  if (alias === '')
    throw new InputError(
      'rollback-to',
      to,
      'only with `alias`, since $LATEST keeps no versions to go back to',
    );
  if (inputs.text('image-uri') !== '')
    throw new InputError('rollback-to', to, 'only without `image-uri`: it deploys a version that is there');
  return to;
}

function readRollbackAll(inputs: Inputs, rollback: boolean): boolean {
  const all = inputs.boolean('rollback-all', false);
  if (all && !rollback)
    throw new InputError(
      'rollback-all',
      'true',
      '`false` where `rollback` is `false`, since nothing is taken back',
    );
  return all;
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
