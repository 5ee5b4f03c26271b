import { type EngineStore, readJsonBlob, readSmallBlob } from '../docker/engine-store.ts';
import type { Registry } from '../docker/registry.ts';
import { checkWithConfig } from './image-check.ts';
import type { Memory } from './image-scan/memory.ts';
import type { Scan } from './image-scan/run.ts';
import { imageName } from './plan.ts';

export interface EarlyScanRequest {
  /** Where the builder keeps what it has built. */
  store: EngineStore;
  registry: Registry;
  repository: string;
  platform: string;
  /** Which layers are known. */
  memory: Promise<Memory | undefined>;
}

/** The scan of an image on its way, told of the build's progress. */
export interface EarlyScan {
  /** To be called with each line of `--progress plain`. */
  line(line: string): void;
  /** What the scan of the image with this digest came to; undefined where there was none, or it failed. */
  result(digest: string): Promise<Scan | undefined>;
}

/**
 * Reads the layers of an image while they are pushed: the network is busy then, and the processor is not. What goes
 * wrong is left to the check that follows the push.
 */
export function startEarlyScan(request: EarlyScanRequest): EarlyScan {
  const scans = new Map<string, Promise<Scan | undefined>>();
  return {
    line(text) {
      const [, digest] = /^#\d+ exporting manifest (sha256:[0-9a-f]{64}) .*\bdone$/.exec(text) ?? [];
      if (digest && !scans.has(digest))
        scans.set(
          digest,
          scan(digest, request).catch(() => undefined),
        );
    },
    result: async (digest) => await scans.get(digest),
  };
}

async function scan(
  digest: string,
  { store, registry, repository, platform, memory }: EarlyScanRequest,
): Promise<Scan> {
  const body = await readSmallBlob(store, digest);
  const { mediaType } = JSON.parse(body.toString('utf8')) as { mediaType: string };
  const name = imageName(registry.host, repository);
  const { image, config } = await checkWithConfig(name, { digest, mediaType, body }, platform, (config) =>
    readJsonBlob(store, config),
  );
  const known = (await memory)?.known ?? [];
  const { scanImage } = await import('./image-scan/run.ts');
  return await scanImage(image, config, known, { registry, repository, store });
}
