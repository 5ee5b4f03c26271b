import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hasImage } from '../../docker/engine-api.ts';
import { isMade, madeOnce, readState, writeState } from './once.ts';
import type { DockerCommand } from './private-engine.ts';
import { run, tryRun } from './process.ts';
import { askAgainAt, pullImage } from './pull.ts';

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
  /** Of a stand-in: when to ask again whether the image can be pulled, in milliseconds since 1970. */
  askAgain?: number;
}

/** First part of a stand-in's name in an Engine that is not ours, where a public name would mislead its owner. */
const OUR_REGISTRY = 'deploy-lambda-container.local';

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

/**
 * Whether the image is there; its build contexts where it is. A stand-in counts until it is time to ask again whether
 * the image can be pulled.
 */
export async function presentImage(options: ImageOptions): Promise<string[] | undefined> {
  const way = await readState<Way>(wayPath(options));
  if (way?.way === 'pulled') return [];
  return way && !isDue(way) ? await presentStandIn(options, way) : undefined;
}

function isDue({ askAgain = 0 }: Way): boolean {
  return Date.now() >= askAgain;
}

async function presentStandIn(options: ImageOptions, way: Way): Promise<string[] | undefined> {
  if (way.recipe !== options.recipe) return undefined;
  if (options.docker.private)
    return options.socket && (await hasImage(options.socket, options.name)) ? [] : undefined;
  const layout = layoutOf(options);
  return (await isMade(layout, options.recipe)) ? [layoutContext(options.name, layout)] : undefined;
}

/**
 * Sees to it that Dockerfiles can name a public image: by pulling it, or by making a stand-in. Where pulls work by
 * now, the stand-in of before gives way.
 * @returns the lines for `--build-context` that builds need
 * @throws DeployError of `make`
 */
export async function ensureImage(options: ImageOptions, make: ImageMaker): Promise<string[]> {
  const present = await presentImage(options);
  if (present) return present;
  const known = await readState<Way>(wayPath(options));
  let askAgain = known?.askAgain ?? 0;
  if (!known || isDue(known)) {
    const former = known && (await standInId(options));
    const result = await pullImage(options.docker, options.name, options.say);
    if (result === 'pulled') {
      await writeState(wayPath(options), { way: 'pulled' } satisfies Way);
      await dropStandIn(options, former);
      return [];
    }
    askAgain = askAgainAt(result, Date.now());
  }
  if (!known || !(await presentStandIn(options, known))) await makeStandIn(options, make);
  const way: Way = { way: 'stand-in', recipe: options.recipe, askAgain };
  await writeState(wayPath(options), way);
  return (await presentStandIn(options, way)) ?? [];
}

/** The image that has the public name in an Engine of ours; undefined in another one, where only a layout is kept. */
async function standInId({ docker, name }: ImageOptions): Promise<string | undefined> {
  if (!docker.private) return undefined;
  const env = { ...process.env, ...docker.env };
  const { code, stdout } = await tryRun(docker.program, ['image', 'inspect', '--format', '{{.Id}}', name], {
    env,
  });
  return code === 0 ? stdout.trim() : undefined;
}

/** Removes what the pulled image has taken the name from; one that a container still uses stays, without a name. */
async function dropStandIn(options: ImageOptions, former: string | undefined): Promise<void> {
  await rm(layoutOf(options), { recursive: true, force: true });
  if (!former || former === (await standInId(options))) return;
  const env = { ...process.env, ...options.docker.env };
  await tryRun(options.docker.program, ['image', 'rm', former], { env });
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
