import { type EngineStore, openBlob, readJsonBlob } from '../docker/engine-store.ts';
import type { Registry } from '../docker/registry.ts';

/** Uploads at once: the way to the registry is the narrow part. */
const AT_ONCE = 2;

export interface EarlyPushRequest {
  /** Digest of the base image: of its index, or of its manifest. */
  base: string;
  /** `linux/amd64` */
  platform: string;
  /** Where the builder keeps what it has pulled. */
  store: EngineStore;
  registry: Registry;
  repository: string;
}

/** The base image's layers on their way, told of the build's progress. */
export interface EarlyPush {
  /** To be called with each line of `--progress plain`. */
  line(line: string): void;
  /** Bytes that were uploaded by now. */
  bytes(): number;
  /** To be called when the build has ended. */
  end(): Promise<void>;
}

interface Layer {
  digest: string;
  bytes: number;
}

/**
 * Uploads the base image's layers while the build is at work on its own: BuildKit begins to upload when all is built,
 * and finds them there. It does so only as long as nobody else needs the way: when BuildKit begins, it ends. What goes
 * wrong is left to BuildKit, whose push says what is the matter.
 */
export function startEarlyPush(request: EarlyPushRequest): EarlyPush {
  const { store, registry, repository } = request;
  const abort = new AbortController();
  const queue: Layer[] = [];
  const seen = new Set<string>();
  const workers: Promise<void>[] = [];
  let layers: Promise<Layer[]> | undefined;
  let running = 0;
  let bytes = 0;

  const upload = async (layer: Layer): Promise<void> => {
    if (await registry.hasBlob(repository, layer.digest)) return;
    const content = await openBlob(store, layer.digest);
    if (!content || abort.signal.aborted) return;
    await registry.putBlob(repository, layer.digest, { content, bytes: layer.bytes, signal: abort.signal });
    bytes += layer.bytes;
  };
  const work = async (): Promise<void> => {
    running += 1;
    for (let layer = queue.shift(); layer && !abort.signal.aborted; layer = queue.shift())
      await upload(layer).catch(() => {});
    running -= 1;
  };
  const arrived = async (digest: string): Promise<void> => {
    layers ??= baseLayers(request).catch(() => []);
    const layer = (await layers).find((one) => one.digest === digest);
    if (!layer || abort.signal.aborted) return;
    queue.push(layer);
    if (running < AT_ONCE) workers.push(work());
  };

  return {
    line(text) {
      const [, digest] = /^#\d+ (sha256:[0-9a-f]{64}) .*\bdone$/.exec(text) ?? [];
      if (digest && !seen.has(digest)) {
        seen.add(digest);
        workers.push(arrived(digest));
      }
      if (/^#\d+ pushing layers/.test(text)) abort.abort();
    },
    bytes: () => bytes,
    async end() {
      abort.abort();
      await Promise.all(workers);
    },
  };
}

/** The gzip layers of the base image, as its manifest in the store has them. */
async function baseLayers({ base, platform, store }: EarlyPushRequest): Promise<Layer[]> {
  let manifest = (await readJsonBlob(store, base)) as ManifestText;
  if (manifest.manifests) {
    const [os, architecture] = platform.split('/');
    const fitting = manifest.manifests.find(
      (one) => one.platform?.os === os && one.platform?.architecture === architecture,
    );
    manifest = (await readJsonBlob(store, fitting?.digest ?? '')) as ManifestText;
  }
  return (manifest.layers ?? []).flatMap(({ mediaType = '', digest = '', size = 0 }) =>
    /(?<!foreign.*|nondistributable.*)tar(\+|\.)gzip$/.test(mediaType) ? [{ digest, bytes: size }] : [],
  );
}

interface ManifestText {
  manifests?: { digest?: string; platform?: { os?: string; architecture?: string } }[];
  layers?: { mediaType?: string; digest?: string; size?: number }[];
}
