import { chmodSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One path of a context. */
export type Entry =
  | { type: 'file'; path: string; mode: number; content: string }
  | { type: 'directory'; path: string; mode: number }
  | { type: 'symlink'; path: string; target: string }
  /** `target` is the path of a file of the same context. */
  | { type: 'hard link'; path: string; target: string };

/** A build context as plain data, so that it can be changed, made smaller and printed. */
export interface ContextSpec {
  entries: readonly Entry[];
  /** Lines of `.dockerignore`, each with its end; undefined where there is no such file. */
  ignore: readonly string[] | undefined;
  /** The same of the ignore file beside the Dockerfile. */
  ownIgnore: readonly string[] | undefined;
  /** Whether the Dockerfile lies in the context. */
  dockerfileInside: boolean;
  /** Whether it is an additional, named context of a build whose own context is empty. */
  named: boolean;
}

/** Where a context was written to. */
export interface PlacedContext {
  /** The folder that the entries are in. */
  folder: string;
  /** The build's own context. */
  context: string;
  dockerfile: string;
  /** Additional contexts by name. */
  contexts: Readonly<Record<string, string>>;
}

/** Writes a context into a new folder. Entries that contradict earlier ones are left out. */
export function placeContext(spec: ContextSpec, work: string): PlacedContext {
  const folder = join(work, 'folder');
  mkdirSync(folder, { recursive: true });
  const entries = withoutContradictions(spec.entries);
  for (const entry of entries) placeEntry(folder, entry);
  // Last, and the deepest first: a directory may not be open to its owner.
  for (const entry of entries.reverse())
    if (entry.type === 'directory') chmodSync(join(folder, entry.path), entry.mode);
  const dockerfile = join(spec.dockerfileInside && !spec.named ? folder : work, 'Dockerfile');
  const from = spec.named ? '--from=other ' : '';
  writeFileSync(dockerfile, `FROM scratch\nCOPY ${from}. /\n`, { mode: 0o644 });
  if (spec.ignore) writeFileSync(join(folder, '.dockerignore'), spec.ignore.join(''), { mode: 0o644 });
  if (spec.ownIgnore) writeFileSync(`${dockerfile}.dockerignore`, spec.ownIgnore.join(''), { mode: 0o644 });
  if (!spec.named) return { folder, context: folder, dockerfile, contexts: {} };
  const context = join(work, 'empty');
  mkdirSync(context);
  return { folder, context, dockerfile, contexts: { other: folder } };
}

function placeEntry(context: string, entry: Entry): void {
  const path = join(context, entry.path);
  mkdirSync(dirname(path), { recursive: true });
  if (entry.type === 'directory') mkdirSync(path, { recursive: true });
  else if (entry.type === 'symlink') symlinkSync(entry.target, path);
  else if (entry.type === 'hard link') linkSync(join(context, entry.target), path);
  else {
    writeFileSync(path, entry.content);
    // Unlike the mode of a new file this one is not narrowed by the umask.
    chmodSync(path, entry.mode);
  }
}

function withoutContradictions(entries: readonly Entry[]): Entry[] {
  const types = new Map<string, Entry['type']>();
  return entries.filter((entry) => {
    const parents = ancestors(entry.path);
    const open = parents.every((path) => (types.get(path) ?? 'directory') === 'directory');
    if (!open || types.has(entry.path)) return false;
    if (entry.type === 'hard link' && types.get(entry.target) !== 'file') return false;
    for (const path of parents) types.set(path, 'directory');
    types.set(entry.path, entry.type);
    return true;
  });
}

function ancestors(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
}
