import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hasImage } from './engine-api.ts';
import { isMade, madeOnce, readState, writeState } from './once.ts';
import type { DockerCommand } from './private-engine.ts';
import { run, tryRun } from './process.ts';

/** Makes a stand-in for a public image and gives it `name` in the Engine; `draft` is an empty folder for its work. */
export type ImageMaker = (order: {
  docker: DockerCommand;
  name: string;
  folder: string;
  draft: string;
  say: (line: string) => void;
}) => Promise<void>;

export interface ImageOptions {
  /** The public name with tag, as Dockerfiles say it. */
  name: string;
  /** What a stand-in is made of; another text makes it anew. */
  recipe: string;
  docker: DockerCommand;
  /** The Engine's socket; absent where it is not a unix socket. */
  socket?: string;
  folder: string;
  say: (line: string) => void;
}

/** How an image comes into the Engine: remembered, since finding out that it cannot be pulled takes seconds. */
interface Way {
  way: 'pulled' | 'stand-in';
  /** Of a stand-in. */
  recipe?: string;
}

/** First part of a stand-in's name in an Engine that is not ours, where a public name would mislead its owner. */
const OUR_REGISTRY = 'deploy-lambda-container.local';
/** How long a pull may take to its first sign of life, in milliseconds; and in all. */
const PULL_BEGINS = 6000;
const PULL_ENDS = 600_000;

/** The name of a stand-in in an Engine: the public one only where the Engine is ours alone. */
export function standInName(name: string, ours: boolean): string {
  return ours ? name : `${OUR_REGISTRY}/${name}`;
}

/** A folder's name for an image's name. */
function fileName(name: string): string {
  return name.replaceAll(/[^\w.-]/g, '_');
}

function layoutOf(options: Pick<ImageOptions, 'folder' | 'name'>): string {
  return join(resolve(options.folder), 'layouts', fileName(options.name));
}

function wayPath({ folder, docker, name }: ImageOptions): string {
  return join(resolve(folder), 'images', `${docker.private ? 'private' : 'own'}-${fileName(name)}.json`);
}

/** The line for `--build-context` that lets BuildKit take a public name from a folder, with every driver. */
export function layoutContext(name: string, layout: string): string {
  return `${name}=oci-layout://${layout}:${name.split(':').at(-1)}`;
}

/** Whether the image is there; its build contexts where it is. */
export async function presentImage(options: ImageOptions): Promise<string[] | undefined> {
  const way = await readState<Way>(wayPath(options));
  if (!way) return undefined;
  if (way.way === 'pulled') return [];
  if (way.recipe !== options.recipe) return undefined;
  if (options.docker.private)
    return options.socket && (await hasImage(options.socket, options.name)) ? [] : undefined;
  const layout = layoutOf(options);
  return (await isMade(layout, options.recipe)) ? [layoutContext(options.name, layout)] : undefined;
}

/**
 * Sees to it that Dockerfiles can name a public image: by pulling it, or by making a stand-in.
 * @returns the lines for `--build-context` that builds need
 * @throws DeployError of `make`
 */
export async function ensureImage(options: ImageOptions, make: ImageMaker): Promise<string[]> {
  const present = await presentImage(options);
  if (present) return present;
  const known = await readState<Way>(wayPath(options));
  const way = known?.way ?? ((await pull(options)) ? 'pulled' : 'stand-in');
  if (way === 'stand-in') await makeStandIn(options, make);
  const state: Way = way === 'pulled' ? { way } : { way, recipe: options.recipe };
  await writeState(wayPath(options), state);
  return (await presentImage(options)) ?? [];
}

async function makeStandIn(options: ImageOptions, make: ImageMaker): Promise<void> {
  const { docker, folder, say } = options;
  const name = standInName(options.name, docker.private);
  const draft = join(resolve(folder), 'images', `${fileName(options.name)}.draft`);
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  try {
    await make({ docker, name, folder, draft, say });
    if (!docker.private) await saveLayout(options, name, draft);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Writes an image as an OCI layout, which `docker save` makes since Engine 25. */
async function saveLayout(options: ImageOptions, name: string, draft: string): Promise<void> {
  const archive = join(draft, 'saved.tar');
  const env = { ...process.env, ...options.docker.env };
  await run(options.docker.program, ['save', '--output', archive, name], { env });
  await madeOnce(layoutOf(options), options.recipe, async (layout) => {
    await run('tar', ['--extract', '--file', archive, '--directory', layout]);
  });
  await tryRun(options.docker.program, ['image', 'rm', name], { env });
}

/**
 * Pulls an image.
 * @returns false where it cannot be pulled, or nothing of it has arrived within six seconds
 */
async function pull({ docker, name, say }: ImageOptions): Promise<boolean> {
  return await new Promise((done) => {
    const env = { ...process.env, ...docker.env };
    const child = spawn(docker.program, ['pull', name], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: PULL_ENDS,
    });
    const begins = setTimeout(() => child.kill(), PULL_BEGINS);
    let begun = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (begun || !/fs layer|Downloading|Already exists|Digest:/.test(text)) return;
      begun = true;
      clearTimeout(begins);
      say(`Image ${name}: pulling it (once) ...`);
    });
    child.on('error', () => done(false));
    child.on('close', (code) => {
      clearTimeout(begins);
      done(code === 0);
    });
  });
}

/**
 * Gives a second private Engine the images of a first one, as a fresh runner would pull them.
 * @throws DeployError where an image is missing or does not load
 */
export async function seedImages(
  names: string[],
  from: DockerCommand,
  to: DockerCommand,
  folder: string,
): Promise<void> {
  const archive = join(resolve(folder), 'seed.tar');
  await mkdir(resolve(folder), { recursive: true });
  try {
    await run(from.program, ['save', '--output', archive, ...names], {
      env: { ...process.env, ...from.env },
    });
    await run(to.program, ['load', '--quiet', '--input', archive], { env: { ...process.env, ...to.env } });
  } finally {
    await rm(archive, { force: true });
  }
}
