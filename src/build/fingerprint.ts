import { createHash, type Hash, hash as hashOnce } from 'node:crypto';
import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { walkContext } from '../docker/context-walk.ts';
import { type DockerfileFacts, readDockerfile } from '../docker/dockerfile.ts';
import { Doubt, parseIgnoreFile } from '../docker/dockerignore.ts';
import type { Environment } from '../github/inputs.ts';
import { contentDigests } from './content-digests.ts';

/** A change of what is hashed, or how, makes every earlier `inputs-` tag unknown. */
const version = 'deploy-lambda-container inputs 1';
/** Labels that say when and from which commit: they differ on every push and change nothing that runs. */
const volatileLabels = ['org.opencontainers.image.created', 'org.opencontainers.image.revision'];
/** Variables that let Buildx change a build behind its arguments. */
const influences = ['EXPERIMENTAL_BUILDKIT_SOURCE_POLICY', 'BUILDX_GIT_LABELS', 'SOURCE_DATE_EPOCH'];
/** Entries that are handed to the hash at once. */
const notesAtOnce = 200;

/** What a build is made of. */
export interface FingerprintRequest {
  /** A folder, or an address (which is doubtful). */
  context: string;
  /** '' means `Dockerfile` in the context. */
  file: string;
  target: string;
  platform: string;
  buildArgs: readonly { name: string; value: string }[];
  buildContexts: readonly { name: string; value: string }[];
  labels: readonly { name: string; value: string }[];
  /** True where the build is handed secrets or SSH agents, or is to take nothing from a cache. */
  secrets: boolean;
  ssh: boolean;
  noCache: boolean;
  pull: boolean;
  env: Environment;
  /** Told of each file of the context: its path, the digest of its content and its bytes. */
  onFile?(path: string, digest: string, bytes: number): void;
  /**
   * What an image name stands for right now, where the builder would look: a digest or an image ID; undefined
   * where nobody can say. Asked for all images at once.
   */
  identify(images: readonly string[]): Promise<ReadonlyMap<string, string | undefined>>;
}

/** What a build is made of, hashed. */
export interface InputsHash {
  /** 64 hex digits. */
  hash: string;
  /** Digest of the image that the built stage begins with; '' where it begins with none. */
  base: string;
}

/**
 * The SHA-256 of everything that a build is made of; or why there is none, as the end of the sentence
 * "built because ...". Whatever is doubtful counts as changed.
 *
 * Not part of it: owner and time of files, extended attributes, and what RUN fetches from the network.
 * All of the context counts that is not ignored, also what no COPY takes: a change of it builds once more than needed.
 */
export async function fingerprint(request: FingerprintRequest): Promise<InputsHash | { doubt: string }> {
  try {
    refuse(request);
    const hash = createHash('sha256');
    const { file, ignore } = dockerfileOf(request);
    const text = readFileSync(file);
    const facts = dockerfileFacts(text.toString('utf8'), request);
    const images = identities(facts, request);
    // It is awaited below; until then a failure of the walk must not leave it unhandled.
    images.catch(() => {});
    note(hash, version, request.target, request.platform, basename(file), digest(text));
    for (const { name, value } of sorted(request.buildArgs)) note(hash, 'arg', name, value);
    for (const { name, value } of sorted(request.labels))
      if (!volatileLabels.includes(name)) note(hash, 'label', name, value);
    await noteFolder(hash, request.context, ignore, request.onFile);
    for (const context of sorted(request.buildContexts)) await noteContext(hash, context);
    let base = '';
    for (const [image, identity] of await images) {
      note(hash, 'image', image, identity);
      if (image === facts.base) base = identity;
    }
    return { hash: hash.digest('hex'), base };
  } catch (error) {
    if (error instanceof Doubt) return { doubt: error.message };
    // A file that vanished or cannot be read: the build says what is wrong with it, better than this can.
    if (error instanceof Error && 'code' in error) return { doubt: error.message };
    throw error;
  }
}

function refuse(request: FingerprintRequest): void {
  const reasons: [boolean, string][] = [
    [!isFolder(request.context), 'its context is no folder of this machine'],
    [request.noCache, '`no-cache` is set'],
    [request.pull, '`pull` is set'],
    [request.secrets, 'it is given secrets, which are not hashed'],
    [request.ssh, 'it is given SSH agents'],
  ];
  for (const [applies, reason] of reasons) if (applies) throw new Doubt(reason);
  for (const name of influences) if (request.env[name]) throw new Doubt(`${name} is set`);
}

function isFolder(path: string): boolean {
  return lstatOf(path)?.isDirectory() ?? false;
}

/** As `lstat`, but of what a symlink stands for where the path itself is the root that BuildKit resolves. */
function lstatOf(path: string) {
  try {
    return lstatSync(realpathSync(path));
  } catch {
    return undefined;
  }
}

/**
 * The Dockerfile and the ignore file that goes with it: `<name>.dockerignore` beside it, else `.dockerignore` in the
 * context. Source: moby/buildkit, frontend/dockerui; docker/buildx, `handleLowercaseDockerfile`.
 */
function dockerfileOf({ context, file }: FingerprintRequest): { file: string; ignore: string } {
  let path = file === '' ? join(context, 'Dockerfile') : resolve(file);
  if (!readable(path) && basename(path) === 'Dockerfile') path = join(dirname(path), 'dockerfile');
  if (!readable(path)) throw new Doubt(`${path} is no plain file`);
  const own = ignoreText(`${path}.dockerignore`);
  const common = ignoreText(join(context, '.dockerignore')) ?? '';
  // To the frontend inside of BuildKit an empty file is one; one that runs as an image (`# syntax=`) is handed
  // nothing over gRPC, as if there were none, and takes the other.
  if (own === '' && common !== '') throw new Doubt(`${path}.dockerignore is empty`);
  return { file: path, ignore: own ?? common };
}

function readable(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Symlinks are resolved inside of the context by BuildKit, elsewhere by us: they are left alone. */
function ignoreText(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return undefined;
  if (!stat.isFile()) throw new Doubt(`${path} is no plain file`);
  return readFileSync(path, 'utf8');
}

function dockerfileFacts(text: string, request: FingerprintRequest): DockerfileFacts {
  const facts = readDockerfile(text, {
    buildArgs: Object.fromEntries(request.buildArgs.map(({ name, value }) => [name, value])),
    platform: request.platform,
    contexts: request.buildContexts.map(({ name }) => name),
    target: request.target,
  });
  if (facts.doubt !== '') throw new Doubt(facts.doubt);
  return facts;
}

async function identities(facts: DockerfileFacts, request: FingerprintRequest): Promise<[string, string][]> {
  const pinned = (image: string): string | undefined => /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
  const open = facts.images.filter((image) => !pinned(image));
  const found = open.length > 0 ? await request.identify(open) : new Map<string, string>();
  return facts.images
    .map((image): [string, string] => {
      const identity = pinned(image) ?? found.get(image);
      if (!identity) throw new Doubt(`nobody says which image ${image} is now`);
      return [image, identity];
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

async function noteContext(hash: Hash, { name, value }: { name: string; value: string }): Promise<void> {
  const layout = /^oci-layout:\/\/([^@]*?)(?::[\w.-]+)?$/.exec(value)?.[1];
  if (/@sha256:[0-9a-f]{64}$/.test(value)) note(hash, 'context', name, value);
  // An OCI layout is addressed by content: its index says which.
  else if (layout !== undefined)
    note(hash, 'context', name, value, digest(readFileSync(join(layout, 'index.json'))));
  else if (isFolder(value)) {
    note(hash, 'context', name);
    await noteFolder(hash, value, ignoreText(join(value, '.dockerignore')) ?? '');
  } else throw new Doubt(`build context ${name} is not pinned by digest`);
}

async function noteFolder(
  hash: Hash,
  folder: string,
  ignore: string,
  onFile?: FingerprintRequest['onFile'],
): Promise<void> {
  const root = realpathSync(folder);
  const entries = await walkContext(root, parseIgnoreFile(ignore));
  const files = entries.filter(({ type }) => type === 'file');
  const digests = await contentDigests(files.map(({ path, size }) => ({ path: `${root}/${path}`, size })));
  let file = 0;
  let notes: string[] = [];
  for (const { path, type, mode, target, size } of entries) {
    const content = type === 'file' ? (digests[file++] ?? '') : target;
    if (type === 'file') onFile?.(path, content, size);
    notes.push(noteText([type, path, mode.toString(8), content]));
    if (notes.length < notesAtOnce) continue;
    hash.update(notes.join(''));
    notes = [];
  }
  hash.update(notes.join(''));
}

function digest(bytes: Buffer): string {
  return hashOnce('sha256', bytes);
}

function note(hash: Hash, ...texts: string[]): void {
  hash.update(noteText(texts));
}

/** Lengths before the texts keep two different lists from reading the same. */
function noteText(texts: readonly string[]): string {
  let note = '';
  for (const text of texts) note += `${Buffer.byteLength(text)}:${text},`;
  return `${note}\n`;
}

function sorted<T extends { name: string; value: string }>(pairs: readonly T[]): T[] {
  return [...pairs].sort((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1));
}
