import { resolve } from 'node:path';
import { ADAPTER_IMAGE, ADAPTER_IMAGE_1_1, ADAPTER_RECIPE, makeAdapterImage } from './adapter-image.ts';
import { hasApt } from './debian.ts';
import { DISTROLESS_IMAGE, DISTROLESS_RECIPE, makeDistrolessImage } from './distroless-image.ts';
import { emulator, presentEmulator } from './emulator.ts';
import { type Engine, ensureEngine, presentEngine } from './engine.ts';
import { ensureImage, type ImageMaker, type ImageOptions, presentImage } from './images.ts';
import { withLock } from './lock.ts';
import { makeNodeImage, NODE_IMAGE, nodeRecipe } from './node-image.ts';
import { type DockerCommand, startEngine, stopEngine } from './private-engine.ts';
import { makePythonImage, PYTHON_IMAGE, PYTHON_RECIPE } from './python-image.ts';
import { type Registry, runningRegistry, startRegistry, stopRegistry } from './registry.ts';
import { makeUvImage, UV_IMAGE, UV_RECIPE } from './uv-image.ts';

export { ADAPTER_IMAGE, ADAPTER_IMAGE_1_1 } from './adapter-image.ts';
export { debianPackages } from './debian.ts';
export { DISTROLESS_IMAGE } from './distroless-image.ts';
export { goCommand } from './go.ts';
export { seedImages } from './images.ts';
export { NODE_IMAGE } from './node-image.ts';
export { pip, python } from './python.ts';
export { PYTHON_IMAGE } from './python-image.ts';
export { UV_IMAGE } from './uv-image.ts';
export {
  type DockerCommand,
  type Engine,
  type Registry,
  startEngine,
  startRegistry,
  stopEngine,
  stopRegistry,
};

/** What must be on a machine so that a deploy can run on it without AWS. */
export interface Parts {
  docker: DockerCommand;
  registry: Registry;
  /** Path of Lambda's Runtime Interface Emulator. */
  emulator: string;
  /**
   * Lines for `--build-context`: stand-ins for public images, where these cannot be pulled and the Engine is not
   * ours to give them public names in.
   */
  buildContexts: string[];
}

/** The public images that there are stand-ins for; those that take minutes to make stand first. */
const IMAGES: { name: string; recipe: () => Promise<string>; make: ImageMaker }[] = [
  { name: ADAPTER_IMAGE, recipe: async () => ADAPTER_RECIPE, make: makeAdapterImage },
  { name: ADAPTER_IMAGE_1_1, recipe: async () => ADAPTER_RECIPE, make: makeAdapterImage },
  { name: NODE_IMAGE, recipe: nodeRecipe, make: makeNodeImage },
  { name: DISTROLESS_IMAGE, recipe: async () => DISTROLESS_RECIPE, make: makeDistrolessImage },
  { name: PYTHON_IMAGE, recipe: async () => PYTHON_RECIPE, make: makePythonImage },
  { name: UV_IMAGE, recipe: async () => UV_RECIPE, make: makeUvImage },
];

/** The images of the catalogue that are wanted; the others are neither pulled nor made. */
type Wanted = (name: string) => boolean;

/**
 * Sees to it that everything is there and runs, by whatever means the machine has. Silent and quick where it is;
 * what takes long says so in one line.
 * @param folder everything is kept in it; it can be removed after `stopParts`
 * @param wanted which public images builds will name; all that there are stand-ins for, unless given
 * @throws DeployError that names the part that cannot be had and what to do
 */
export async function ensureParts(
  folder: string,
  say: (line: string) => void,
  wanted: Wanted = () => true,
): Promise<Parts> {
  const place = resolve(folder);
  return (
    (await presentParts(place, wanted)) ?? (await withLock(place, say, () => makeParts(place, say, wanted)))
  );
}

async function presentParts(folder: string, wanted: Wanted): Promise<Parts | undefined> {
  const [engine, registry, program] = await Promise.all([
    presentEngine(folder),
    runningRegistry(folder),
    presentEmulator(folder),
  ]);
  if (!engine || !registry || !program) return undefined;
  const contexts = await Promise.all(
    imagesOf(wanted).map(async (image) => presentImage(await imageOptions(image, engine, folder))),
  );
  return contexts.includes(undefined) ? undefined : partsOf(engine, registry, program, contexts);
}

function imagesOf(wanted: Wanted): typeof IMAGES {
  return IMAGES.filter(({ name }) => wanted(name));
}

async function imageOptions(
  image: (typeof IMAGES)[number],
  engine: Engine,
  folder: string,
  say: (line: string) => void = () => {},
): Promise<ImageOptions> {
  const recipe = await image.recipe();
  return {
    name: image.name,
    recipe,
    docker: engine,
    folder,
    say,
    ...(engine.socket && { socket: engine.socket }),
  };
}

function partsOf(
  { program, env, private: ours }: Engine,
  registry: Registry,
  emulatorPath: string,
  contexts: (string[] | undefined)[],
): Parts {
  return {
    docker: { program, env, private: ours },
    registry,
    emulator: emulatorPath,
    buildContexts: contexts.flatMap((lines) => lines ?? []),
  };
}

async function makeParts(folder: string, say: (line: string) => void, wanted: Wanted): Promise<Parts> {
  const engine = ensureEngine(folder, say);
  const registry = hasApt()
    ? startRegistry({ folder, say })
    : engine.then((docker) => startRegistry({ folder, docker, say }));
  const program = emulator(folder, say);
  const images = imagesOf(wanted).map(async (image) =>
    ensureImage(await imageOptions(image, await engine, folder, say), image.make),
  );
  // All of them to their end, also where one fails: none may go on once the lock is given back.
  await Promise.allSettled([engine, registry, program, ...images]);
  return partsOf(await engine, await registry, await program, await Promise.all(images));
}

/**
 * Stops what `ensureParts` started. Images, caches and unpacked programs stay in the folder.
 * @returns whether anything ran
 */
export async function stopParts(folder: string, say: (line: string) => void): Promise<boolean> {
  const place = resolve(folder);
  return await withLock(place, say, async () => {
    const registry = await stopRegistry(place, await presentEngine(place), say);
    const engine = await stopEngine({ folder: place, say });
    return registry || engine;
  });
}
