import { type EngineStore, openBlob } from '../../docker/engine-store.ts';
import type { ImageConfig } from '../../docker/image-config.ts';
import type { Registry } from '../../docker/registry.ts';
import type { Finding, ImageRecord } from '../../record.ts';
import { imageFindings } from './findings.ts';
import { type LayerReport, readLayer } from './layer.ts';

/** A scan that takes longer is given up: it is there to help, not to hold up a deploy. */
const LIMIT_MS = 20_000;
/** Layers read at once; decompression has threads of its own. */
const AT_ONCE = 3;

/** Where the layers of an image can be read from. */
export interface LayerSources {
  registry: Registry;
  repository: string;
  /** Of the builder's Engine where it is a private one: it has most layers on disk. */
  store: EngineStore | undefined;
}

/** What a scan came to. */
export interface Scan {
  findings: Finding[];
  /** Digests of the layers that were read and hold no secret. */
  clean: string[];
  /** Layers read, and their compressed bytes. */
  read: number;
  bytes: number;
  /** How many of them the registry had to send. */
  downloaded: number;
}

/**
 * Reads the layers of an image that are not known yet and says what is wrong with them.
 * @param known digests of layers that an earlier scan found without a secret
 * @throws Error where a layer cannot be read, or it takes too long
 */
export async function scanImage(
  image: ImageRecord,
  config: ImageConfig,
  known: readonly string[],
  sources: LayerSources,
): Promise<Scan> {
  const seen = new Set(known);
  const wanted = image.layers.flatMap((layer, index) =>
    seen.has(layer.digest) ? [] : [{ ...layer, index }],
  );
  const { reports, downloaded } = await readAll(wanted, sources);
  const findings = imageFindings({
    config,
    layers: reports,
    instructions: wanted.map(({ createdBy }) => createdBy ?? ''),
    whole: wanted.length === image.layers.length,
  });
  return {
    findings,
    clean: reports.filter(({ secrets }) => secrets.length === 0).map(({ digest }) => digest),
    read: wanted.length,
    bytes: wanted.reduce((sum, { bytes }) => sum + bytes, 0),
    downloaded,
  };
}

async function readAll(
  wanted: readonly { digest: string; bytes: number; index: number }[],
  { registry, repository, store }: LayerSources,
): Promise<{ reports: LayerReport[]; downloaded: number }> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const reports: LayerReport[] = [];
  let downloaded = 0;
  // The large ones first, so that none is left over in the end.
  const queue = wanted.map((layer, place) => ({ ...layer, place })).sort((a, b) => b.bytes - a.bytes);
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { digest, place } = next;
      const local = store && (await openBlob(store, digest));
      if (!local) downloaded += 1;
      reports[place] = await readLayer(digest, local ?? (await registry.blob(repository, digest)), signal);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { reports, downloaded };
}
