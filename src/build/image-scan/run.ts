import { createReadStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
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
  /** DOCKER_HOST of the builder's Engine; its content store is on disk where it is a private one. */
  engineHost: string;
}

/** What a scan came to. */
export interface Scan {
  findings: Finding[];
  /** Digests of the layers that were read and hold no secret. */
  clean: string[];
  /** Layers read, and their compressed bytes. */
  read: number;
  bytes: number;
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
  const reports = await readAll(wanted, sources);
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
  };
}

async function readAll(
  wanted: readonly { digest: string; bytes: number; index: number }[],
  sources: LayerSources,
): Promise<LayerReport[]> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const reports: LayerReport[] = [];
  // The large ones first, so that none is left over in the end.
  const queue = wanted.map((layer, place) => ({ ...layer, place })).sort((a, b) => b.bytes - a.bytes);
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift())
      reports[next.place] = await readLayer(next.digest, await openLayer(next.digest, sources), signal);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return reports;
}

/** From the disk where the builder has the layer there, else from the registry. */
async function openLayer(
  digest: string,
  { registry, repository, engineHost }: LayerSources,
): Promise<Readable> {
  const socket = engineHost.replace(/^unix:\/\//, '');
  const path = join(
    dirname(socket),
    'containerd/io.containerd.content.v1.content/blobs',
    digest.replace(':', '/'),
  );
  const onDisk =
    socket !== engineHost &&
    (await access(path, constants.R_OK).then(
      () => true,
      () => false,
    ));
  return onDisk
    ? createReadStream(path, { highWaterMark: 256 * 1024 })
    : await registry.blob(repository, digest);
}
