import { DeployError } from '../errors.ts';
import { drawsDisplay, failureInHistory } from './build-display.ts';
import { type Docker, runDocker } from './command.ts';
import { watchImport } from './import-watch.ts';

/** Everything that `docker buildx build` is told, as data. */
export interface BuildRequest {
  builder: string;
  context: string;
  file: string;
  target: string;
  platform: string;
  /** `NAME=value` */
  buildArgs: string[];
  buildContexts: string[];
  labels: string[];
  /** `id=ID,env=VARIABLE` or `id=ID,src=PATH`: never a value. */
  secrets: string[];
  ssh: string[];
  noCache: boolean;
  pull: boolean;
  /** Full names with tags; all of them are pushed. */
  names: string[];
  /** `push`: the image goes to its registry; `image`: it is built and not kept; `cache`: only the cache is written. */
  output: 'push' | 'image' | 'cache';
  /** True where RUN is to use the machine's network. */
  hostNetwork: boolean;
  /** Attributes of `--cache-from` and `--cache-to`; '' means none. Never a token: BuildKit's client reads it from its environment. */
  cacheFrom: string;
  cacheTo: string;
  metadataFile: string;
}

/**
 * The whole command line, top to bottom. One platform and no attestations, since Lambda refuses an index; gzip
 * layers, which it takes for sure.
 */
export function buildxArguments(request: BuildRequest, progress: 'plain' | 'tty' = 'plain'): string[] {
  const repeated = (option: string, values: readonly string[]): string[] =>
    values.flatMap((value) => [option, value]);
  const given = (option: string, value: string): string[] => (value === '' ? [] : [option, value]);
  return [
    'buildx',
    'build',
    ...given('--builder', request.builder),
    ...given('--file', request.file),
    ...given('--target', request.target),
    ...given('--platform', request.platform),
    ...repeated('--build-arg', request.buildArgs),
    ...repeated('--build-context', request.buildContexts),
    ...repeated('--label', request.labels),
    ...repeated('--secret', request.secrets),
    ...repeated('--ssh', request.ssh),
    ...(request.hostNetwork ? ['--network', 'host'] : []),
    ...(request.noCache ? ['--no-cache'] : []),
    ...(request.pull ? ['--pull'] : []),
    ...given('--cache-from', request.cacheFrom),
    ...given('--cache-to', request.cacheTo),
    '--provenance=false',
    '--sbom=false',
    '--output',
    output(request),
    '--metadata-file',
    request.metadataFile,
    '--progress',
    progress,
    request.context,
  ];
}

/**
 * Names with commas between them stand in one CSV field. With `store=false` the image goes from BuildKit's cache
 * straight to the registry: the Engine's own store would fetch and unpack every layer, which nobody runs here.
 */
function output({ names, output }: BuildRequest): string {
  if (output === 'cache') return 'type=cacheonly';
  if (output === 'image') return 'type=image,push=false,store=false';
  return `type=image,"name=${names.join(',')}",push=true,store=false,compression=gzip`;
}

/** How a build ended. */
export interface BuildOutcome {
  /** Exit code; 1 where it was ended because its cache did not answer. */
  code: number;
  /** The last lines of the progress. */
  tail: string[];
  /** Why the layer cache could not be read; '' where it was. */
  cacheTrouble: string;
}

/** Longer than BuildKit's own limit (`timeout` of the cache), which is for a service that answers with errors. */
const importLimit = 15_000;

/**
 * For every build: the metadata file without a provenance record, which nobody reads here and which buildx would
 * fetch after the push.
 */
export const buildxEnvironment = { BUILDX_METADATA_PROVENANCE: 'disabled' };

/**
 * Runs a build, its progress line by line to `onLine`; on a terminal buildx draws it itself, unless a cache is read,
 * since that is watched by its lines.
 * @param secretEnv values of the secrets, in the environment of this one process
 */
export async function runBuild(
  docker: Docker,
  request: BuildRequest,
  secretEnv: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
): Promise<BuildOutcome> {
  if (request.cacheFrom === '' && drawsDisplay(docker.env))
    return await drawBuild(docker, request, secretEnv);
  const tail: string[] = [];
  const abort = new AbortController();
  const watch = watchImport(importLimit, () => abort.abort());
  try {
    const { code } = await runDocker(docker, buildxArguments(request), {
      env: { ...buildxEnvironment, ...secretEnv },
      signal: abort.signal,
      onStdout: onLine,
      onStderr: (line) => {
        onLine(line);
        watch.line(line);
        tail.push(line);
        if (tail.length > 60) tail.shift();
      },
    });
    return { code, tail, cacheTrouble: watch.trouble() };
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    return { code: 1, tail, cacheTrouble: watch.trouble() };
  } finally {
    watch.end();
  }
}

async function drawBuild(
  docker: Docker,
  request: BuildRequest,
  secretEnv: NodeJS.ProcessEnv,
): Promise<BuildOutcome> {
  const since = Date.now();
  const options = { env: { ...buildxEnvironment, ...secretEnv }, stderr: 'inherit' } as const;
  const { code } = await runDocker(docker, buildxArguments(request, 'tty'), options);
  const tail = code === 0 ? [] : await failureInHistory(docker, request.builder, since);
  return { code, tail, cacheTrouble: '' };
}

/**
 * What a failed build comes to, from the last lines of buildx's progress.
 * @param tail lines of `--progress plain`
 */
export function buildFailure(file: string, tail: readonly string[]): DeployError {
  const error =
    tail.findLast((line) => /^ERROR: /.test(line))?.replace(/^ERROR: (failed to (build|solve): )*/, '') ??
    'buildx says why above';
  const place = tail.findLast((line) => /^[^\s:]*ockerfile[^\s:]*:\d+$/.test(line.trim()))?.trim();
  const where = place ? ` (${place})` : '';
  return new DeployError(
    `Build of ${file || 'the Dockerfile'} failed${where}: ${error.slice(0, 500).replace(/\.$/, '')}.`,
    hint(error),
  );
}

function hint(error: string): string {
  if (/did not complete successfully: exit code/.test(error))
    return "The command's own output stands above, under its step.";
  if (/no such file or directory/.test(error))
    return 'Check the path, `context` and what .dockerignore leaves out.';
  if (/not found: not found|pull access denied|manifest unknown/.test(error))
    return 'Check the name of the base image and the login for its registry.';
  if (/401 Unauthorized|403 Forbidden|denied/i.test(error))
    return 'Check that the role may push to this repository and that the repository exists (`create-repository: true` makes it).';
  if (/repository .*(does not exist|not known)|name unknown/i.test(error))
    return 'Create the repository, or let `create-repository: true` do it; check `repository` and `aws-region`.';
  if (/failed to push .*(unavailable|too ?many ?requests|\b5\d\d\b)/i.test(error))
    return 'The registry is out of order or overloaded: run the job again.';
  if (/immutable/i.test(error))
    return 'Exclude tags that move (branches, `pr-*`) from immutability in the repository.';
  return '';
}

/**
 * Whether a build failed on its imported cache, so that it is worth one try without. Where it was rather a base image
 * that did not arrive whole, that try does no harm.
 */
export function failedOnCache(tail: readonly string[]): boolean {
  return tail.some((line) =>
    /failed to (configure|load|import).*cache|cache (importer|exporter)|BlobNotFound|blob .* not found|actions.*cache.*(4\d\d|5\d\d)|short read|unexpected EOF|unexpected commit digest/i.test(
      line,
    ),
  );
}
