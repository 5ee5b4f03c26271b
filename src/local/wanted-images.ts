import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readDockerfile } from '../docker/dockerfile.ts';

/** What the local mode builds. */
export interface LocalBuild {
  /** The context's folder. */
  context: string;
  /** The inputs `file` and `build-args`, where given. */
  file?: string | undefined;
  'build-args'?: string | undefined;
}

/**
 * Which public images a build names, so that nothing is pulled or made that it does not use. Where its Dockerfile
 * cannot be read or understood, all of them: the build will say what is wrong, or need one.
 * @returns whether an image is wanted, by its name with tag
 */
export async function wantedImages(build: LocalBuild): Promise<(name: string) => boolean> {
  const path = build.file ? resolve(build.file) : join(build.context, 'Dockerfile');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return () => true;
  const lines = (build['build-args'] ?? '').split('\n').filter((line) => line.includes('='));
  const buildArgs = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const platform = process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64';
  const { images, doubt } = readDockerfile(text, { buildArgs, platform, contexts: [] });
  return (name) => doubt !== '' || images.includes(name);
}
