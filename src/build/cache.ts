import { createHash } from 'node:crypto';
import { grantsWrite, readRuntimeToken } from '../github/cache-token.ts';
import type { Environment } from '../github/inputs.ts';
import type { BuildInputs } from './inputs.ts';

/** Where layers are kept between runs. */
export interface LayerCache {
  kind: 'gha' | 'registry' | 'off';
  /** False where this job may only read it. */
  writable: boolean;
  /** One line for the log where it is less than was asked for. */
  note: string;
}

/** A name for the cache of this image: `cache-scope`, else readable and different for each file, target and platform. */
export function cacheScope(inputs: BuildInputs, platform: string): string {
  if (inputs.cacheScope !== '') return inputs.cacheScope;
  const parts = [inputs.repository, inputs.context, inputs.file, inputs.target, platform];
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
  return `${inputs.repository.replaceAll('/', '-').slice(0, 60)}-${hash}`;
}

/**
 * Decides where layers are kept. An expired token would fail the whole build in BuildKit even where errors are to
 * be ignored, so it is read first.
 * @param env where GitHub's runner puts the cache service of this job
 * @param now milliseconds since 1970
 */
export function layerCache(
  inputs: Pick<BuildInputs, 'cache' | 'noCache' | 'push' | 'registry'>,
  env: Environment,
  now: number,
): LayerCache {
  const off = (note = ''): LayerCache => ({ kind: 'off', writable: false, note });
  if (inputs.cache === 'off' || inputs.noCache) return off();
  // Without a push there is no sign-in, which alone would tell the account's registry.
  if (inputs.cache === 'registry' && !inputs.push && inputs.registry === '')
    return off('Cache: a build with `push: false` reads a registry cache only where `registry` names it.');
  // Who may not push the image may not push its cache either.
  if (inputs.cache === 'registry') return { kind: 'registry', writable: inputs.push, note: '' };
  const token = readRuntimeToken(env.ACTIONS_RUNTIME_TOKEN);
  if (!env.ACTIONS_RESULTS_URL || !token)
    return off(
      inputs.cache === 'gha'
        ? "Cache: GitHub's cache service is not offered to this job; building without."
        : '',
    );
  if ((token.exp ?? 0) * 1000 < now + 60_000)
    return off("Cache: the job's cache token has expired; building without.");
  const writable = grantsWrite(token) ?? false;
  const note = writable ? '' : 'Cache: this job may read the cache but not write it.';
  return { kind: 'gha', writable, note };
}

/**
 * The cache as attributes for buildx. `max` keeps the layers of all stages: in a Dockerfile of several, the slow ones
 * (installing, compiling) are not in the final image. Layers of a registry cache stay gzip like the image's: zstd
 * would be written faster, but a cached zstd layer goes into the image as it is, and Lambda takes gzip.
 * @param image full name of the image without tag, for `registry`
 * @returns '' for what is not to be used
 */
export function cacheAttributes(
  cache: LayerCache,
  scope: string,
  image: string,
): { from: string; to: string } {
  if (cache.kind === 'off') return { from: '', to: '' };
  // BuildKit retries for so long where the service throttles or fails; of a layer it has no limit of its own.
  const [reading, writing] = cache.kind === 'gha' ? [',timeout=10s', ',timeout=2m'] : ['', ''];
  const options = ['mode=max'];
  const tag = `cache-${scope.replace(/[^\w.-]+/g, '-').slice(0, 120)}`;
  const from =
    cache.kind === 'gha' ? `type=gha,version=2,scope=${scope}` : `type=registry,ref=${image}:${tag}`;
  if (cache.kind === 'registry') options.push('image-manifest=true', 'oci-mediatypes=true');
  return {
    from: `${from}${reading}`,
    to: cache.writable ? `${[from, ...options].join(',')}${writing}` : '',
  };
}
