import { text } from 'node:stream/consumers';
import { scanImage } from '../../src/build/image-scan/run.ts';
import type { RegistryCredentials } from '../../src/docker/credentials.ts';
import type { EngineStore } from '../../src/docker/engine-store.ts';
import { imageConfig } from '../../src/docker/image-config.ts';
import { openRegistry } from '../../src/docker/registry.ts';

/** One check, in a process of its own: nothing is compiled yet, as in a step of a job. Prints its milliseconds. */
export interface CheckRequest {
  host: string;
  credentials: RegistryCredentials;
  repository: string;
  /** Absent for the registry alone. */
  store?: EngineStore;
  layers: { digest: string; bytes: number }[];
  /** Digests. */
  known: string[];
}

const request = JSON.parse(await text(process.stdin)) as CheckRequest;
const image = { uri: '', digest: '', mediaType: '', architecture: '', bytes: 0, layers: request.layers };
const registry = openRegistry(request.host, request.credentials);
const { repository, store } = request;
const since = performance.now();
await scanImage(image, imageConfig({}), request.known, { registry, repository, store });
process.stdout.write(String(performance.now() - since));
