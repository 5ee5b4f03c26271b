import { type Dirent, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as yieldToIo } from 'node:timers/promises';
import { Doubt, ignoreMatcher, type ParentMatches } from './dockerignore.ts';

/** A path of the build context as BuildKit receives it. Owner and time are not part of it: they vary by checkout. */
export interface ContextEntry {
  /** Relative, with `/`. */
  path: string;
  type: 'file' | 'directory' | 'symlink';
  /** Permission bits, 0o0000 to 0o7777; 0 for a symlink. */
  mode: number;
  /** Bytes; 0 for what is no file. */
  size: number;
  /** Target of a symlink, else ''. */
  target: string;
}

/** Milliseconds of work after which others get their turn: calls of registries run beside the walk. */
const slice = 8;

/** Gives way to input and output whenever a slice of time is used up. */
function timeSlices(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < slice) return undefined;
    return yieldToIo().then(() => {
      since = performance.now();
    });
  };
}

/**
 * The paths that BuildKit would receive of a context folder, in a fixed order. Source: github.com/tonistiigi/fsutil,
 * filter.go: an ignored directory comes along where an exception brings back something in it.
 * @param patterns of the ignore file, from parseIgnoreFile
 * @throws Doubt on what it cannot describe: special files, unreadable folders, names that are not UTF-8, files that
 * BuildKit lists and receives empty
 */
export async function walkContext(root: string, patterns: readonly string[]): Promise<ContextEntry[]> {
  const matcher = ignoreMatcher(patterns);
  const entries: ContextEntry[] = [];
  const pause = timeSlices();

  async function visit(directory: string, parent: ParentMatches | undefined): Promise<void> {
    for (const child of readDirectory(join(root, directory))) {
      const path = directory ? `${directory}/${child.name}` : child.name;
      // Awaiting only when there is something to wait for keeps large contexts fast.
      const waiting = pause();
      if (waiting) await waiting;
      const { ignored, matches } = matcher.match(path, parent);
      if (!ignored) {
        checkName(path);
        if (child.isFile() && !matcher.opens(path))
          throw new Doubt(`the ignore file lets BuildKit list ${JSON.stringify(path)} and not read it`);
        entries.push(describe(root, path));
      }
      if (child.isDirectory()) await visitDirectory(path, ignored, matches);
    }
  }

  async function visitDirectory(path: string, ignored: boolean, matches: ParentMatches): Promise<void> {
    if (!ignored) return visit(path, matches);
    if (!matcher.mayReinclude(path)) return;
    const before = entries.length;
    await visit(path, matches);
    if (entries.length > before) entries.splice(before, 0, describe(root, path));
  }

  await visit('', undefined);
  return entries;
}

function readDirectory(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new Doubt(`${path} cannot be read`, { cause });
  }
}

function checkName(path: string): void {
  if (path.includes('\uFFFD')) throw new Doubt(`the name of ${JSON.stringify(path)} is not UTF-8`);
}

function describe(root: string, path: string): ContextEntry {
  const full = `${root}/${path}`;
  const stat = lstatSync(full);
  if (stat.isSymbolicLink()) return { path, type: 'symlink', mode: 0, size: 0, target: readlinkSync(full) };
  const mode = stat.mode & 0o7777;
  if (stat.isDirectory()) return { path, type: 'directory', mode, size: 0, target: '' };
  if (stat.isFile()) return { path, type: 'file', mode, size: stat.size, target: '' };
  throw new Doubt(`${path} is neither a file, a directory nor a symlink`);
}
