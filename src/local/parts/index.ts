import { mkdir } from 'node:fs/promises';
import { ADAPTER_IMAGE, makeAdapterImage } from './adapter-image.ts';
import { emulator, presentEmulator } from './emulator.ts';
import { ensureEngine } from './engine.ts';
import { ensureImage, type ImageMaker } from './images.ts';
import { makeNodeImage, NODE_IMAGE } from './node-image.ts';
import { type DockerCommand, runningEngine, stopEngine } from './private-engine.ts';
import { startRegistry, stopRegistry } from './registry.ts';

export type { DockerCommand } from './private-engine.ts';

/** Everything real that a deploy on this machine needs. */
export interface Parts {
  docker: DockerCommand;
  /** With basic auth as ECR has it. */
  registry: { host: string; user: 'AWS'; password: string };
  /** Path of Lambda's Runtime Interface Emulator. */
  emulator: string;
  /** `name=...` lines for `--build-context`: stand-ins in an Engine that is not ours. */
  buildContexts: string[];
}

/**
 * Sees to it that Engine, registry, emulator and the images that example-api names are there; each slow step says
 * what it does. A second call finds them and is quick.
 * @param folder the ignored folder that holds what is downloaded, started and remembered
 * @throws DeployError naming the part that cannot be had
 */
export async function ensureParts(folder: string, say: (line: string) => void): Promise<Parts> {
  await mkdir(folder, { recursive: true });
  const emulating = (async () => (await presentEmulator(folder)) ?? (await emulator(folder, say)))();
  // Awaited last; a failure meanwhile must not count as unhandled.
  emulating.catch(() => {});
  const docker = await ensureEngine(folder, say);
  const image = (name: string, make: ImageMaker): Promise<string[]> =>
    ensureImage({ name, docker, folder, say, ...(docker.socket ? { socket: docker.socket } : {}) }, make);
  const [registry, adapter, node, emulatorPath] = await Promise.all([
    startRegistry({ folder, docker, say }),
    image(ADAPTER_IMAGE, makeAdapterImage),
    image(NODE_IMAGE, makeNodeImage),
    emulating,
  ]);
  const { program, env } = docker;
  return {
    docker: { program, env, private: docker.private },
    registry,
    emulator: emulatorPath,
    buildContexts: [...adapter, ...node],
  };
}

/** Stops the registry and the private Engine; images, caches and downloads are kept. */
export async function stopParts(folder: string, say: (line: string) => void): Promise<void> {
  const engine = await runningEngine({ folder });
  await stopRegistry(folder, engine);
  if (!engine) return;
  say('Docker Engine: stopping the private one ...');
  await stopEngine({ folder, say });
}
