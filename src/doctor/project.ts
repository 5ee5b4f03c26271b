import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { Doubt, ignoreMatcher, type ParentMatches, parseIgnoreFile } from '../docker/dockerignore.ts';
import { type Dockerfile, readDockerfile } from './dockerfile.ts';

/** Longest text that is read of a file in the context; a manifest is shorter. */
const readable = 1 << 20;

/** The build context, as far as a rule asks for it; paths are relative to it, with `/`. */
export interface Context {
  /** Names at its top. */
  names: readonly string[];
  has(path: string): boolean;
  isFolder(path: string): boolean;
  /** The text of a file; undefined where there is none that could be read. */
  text(path: string): string | undefined;
  /** Whether the ignore file lets this path through, whether it is there or not; true where that is not certain. */
  sends(path: string): boolean;
}

/** What the rules look at. */
export interface Project {
  dockerfile: Dockerfile;
  /** The Dockerfile's path. */
  path: string;
  /** The same for people: relative to the workspace where it lies in it. */
  file: string;
  /** The ignore file's; '' where there is none. */
  ignoreFile: string;
  context: Context;
  /** `linux/amd64` or `linux/arm64`; '' where nobody said. */
  platform: string;
  buildArgs: Readonly<Record<string, string>>;
}

export interface ProjectSource {
  /** Folder. */
  context: string;
  /** '' means `Dockerfile` in the context. */
  file: string;
  target: string;
  platform: string;
  buildArgs: Readonly<Record<string, string>>;
  /** What paths are shown relative to. */
  workspace: string;
}

/**
 * Reads a project. The Dockerfile's parser is loaded here, as little else needs it.
 * @returns undefined where there is no Dockerfile to read: the build says so better
 */
export async function readProject(source: ProjectSource): Promise<Project | undefined> {
  const { DockerfileParser } = await import('dockerfile-ast');
  const path = dockerfilePath(source);
  const text = path === undefined ? undefined : textOf(path);
  if (path === undefined || text === undefined) return undefined;
  const shown = (one: string): string => {
    const inside = relative(resolve(source.workspace), resolve(one));
    return inside.startsWith('..') ? one : inside;
  };
  const ignoreFile = [`${path}.dockerignore`, join(source.context, '.dockerignore')].find(
    (one) => textOf(one) !== undefined,
  );
  return {
    dockerfile: readDockerfile(text, DockerfileParser, source),
    path,
    file: shown(path),
    ignoreFile: ignoreFile === undefined ? '' : shown(ignoreFile),
    context: openContext(source.context, ignoreFile === undefined ? '' : (textOf(ignoreFile) ?? '')),
    platform: source.platform,
    buildArgs: source.buildArgs,
  };
}

/** As BuildKit looks for it. */
function dockerfilePath({ context, file }: ProjectSource): string | undefined {
  const path = file === '' ? join(context, 'Dockerfile') : file;
  const lower = join(dirname(path), 'dockerfile');
  return [path, ...(basename(path) === 'Dockerfile' ? [lower] : [])].find((one) => isFile(one));
}

function openContext(folder: string, ignoreText: string): Context {
  const at = (path: string): string => join(folder, path);
  const sends = senderOf(ignoreText);
  const isFolder = (path: string): boolean =>
    statSync(at(path), { throwIfNoEntry: false })?.isDirectory() ?? false;
  return {
    names: namesIn(folder),
    has: (path) => lstatSync(at(path), { throwIfNoEntry: false }) !== undefined,
    isFolder: (path) => quietly(() => isFolder(path)) ?? false,
    text: (path) => textOf(at(path)),
    sends,
  };
}

function senderOf(ignoreText: string): (path: string) => boolean {
  const matcher = quietly(() => ignoreMatcher(parseIgnoreFile(ignoreText)));
  if (!matcher) return () => false;
  return (path) => {
    const parts = path.split('/');
    let parent: ParentMatches | undefined;
    let ignored = false;
    for (const index of parts.keys()) {
      const result = matcher.match(parts.slice(0, index + 1).join('/'), parent);
      parent = result.matches;
      ignored = result.ignored;
    }
    return !ignored;
  };
}

function namesIn(folder: string): string[] {
  return quietly(() => readdirSync(folder)) ?? [];
}

function isFile(path: string): boolean {
  return quietly(() => statSync(path).isFile()) ?? false;
}

function textOf(path: string): string | undefined {
  return quietly(() => {
    const stat = statSync(path);
    return stat.isFile() && stat.size <= readable ? readFileSync(path, 'utf8') : undefined;
  });
}

/** What cannot be read, and patterns without a certain meaning, are no ground for a finding. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Doubt || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
}
