import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildRequest, buildxArguments, buildxEnvironment } from '../docker/buildx.ts';
import { type Docker, runDocker } from '../docker/command.ts';
import { unpackingDockerfile } from './early-unpack-dockerfile.ts';

export interface EarlyUnpackRequest {
  docker: Docker;
  /** The build that is at work; its Dockerfile is a file of this machine. */
  build: BuildRequest;
  /** Values of its secrets, for steps of the last stage that are to be run. */
  secretEnv: NodeJS.ProcessEnv;
  /** A folder for a file of this. */
  folder: string;
}

/** The last stage's layers on their way, told of the build's progress. */
export interface EarlyUnpack {
  /** To be called with each line of `--progress plain`. */
  line(line: string): void;
  /** To be called when the build has ended. */
  end(): Promise<void>;
  /** Milliseconds that it took; 0 where there was nothing to do, or it did not end in time. */
  ms(): number;
}

/**
 * Has the builder fetch and unpack the last stage's cached layers while it is at work on the other stages. It begins
 * when the build takes the first step from its cache: without one there is nothing to fetch. It is a build of its own in
 * the same builder, which does what two builds have in common once. What goes wrong is left to the build itself.
 */
export function startEarlyUnpack(request: EarlyUnpackRequest): EarlyUnpack {
  const abort = new AbortController();
  const bases = new Set<string>();
  let running: Promise<void> | undefined;
  let ms = 0;
  return {
    line(text) {
      const [, base] = /^#(\d+) \[.*\] FROM /.exec(text) ?? [];
      if (base) bases.add(base);
      // A base image has layers to fetch without any cache.
      const [, cached = ''] = /^#(\d+) (?:CACHED$|sha256:)/.exec(text) ?? [];
      if (cached === '' || bases.has(cached) || abort.signal.aborted) return;
      const since = Date.now();
      running ??= unpack(request, abort.signal).then(
        (done) => {
          if (done) ms = Date.now() - since;
        },
        () => {},
      );
    },
    async end() {
      abort.abort();
      await running;
    },
    ms: () => ms,
  };
}

async function unpack(
  { docker, build, secretEnv, folder }: EarlyUnpackRequest,
  signal: AbortSignal,
): Promise<boolean> {
  const text = unpackingDockerfile(await readFile(build.file, 'utf8'), build.target);
  if (text === undefined) return false;
  const file = join(folder, 'unpack.Dockerfile');
  await Promise.all([
    writeFile(file, text, { mode: 0o600 }),
    // BuildKit looks for it beside the Dockerfile before it takes the context's.
    copyFile(`${build.file}.dockerignore`, `${file}.dockerignore`).catch(() => {}),
  ]);
  if (signal.aborted) return false;
  const args = buildxArguments({
    ...build,
    ...{ file, target: '', output: 'cache', names: [], labels: [], cacheTo: '' },
    metadataFile: join(folder, 'unpack.json'),
  });
  const { code } = await runDocker(docker, args, { env: { ...buildxEnvironment, ...secretEnv }, signal });
  return code === 0;
}
