import { createHash } from 'node:crypto';
import type { Environment } from '../github/inputs.ts';
import type { BuildInputs } from './inputs.ts';

/** Where layers are kept between runs, as attributes for buildx. */
export interface LayerCache {
  kind: 'gha' | 'registry' | 'off';
  from: string;
  to: string;
  /** One line for the log where it is less than was asked for. */
  note: string;
}

/** The runtime token's claims that are read; GitHub signs it, nobody here checks that. */
interface RuntimeToken {
  /** Seconds since 1970. */
  exp?: number;
  /** JSON text: `[{"Scope": "refs/heads/main", "Permission": 3}]`; bit 2 of a permission allows writing. */
  ac?: string;
}

/** A name for the cache of this image: readable, and different for each file, target and platform. */
export function defaultScope(inputs: BuildInputs, platform: string): string {
  const parts = [inputs.repository, inputs.context, inputs.file, inputs.target, platform];
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
  return `${inputs.repository.replaceAll('/', '-').slice(0, 60)}-${hash}`;
}

/**
 * Decides where layers are kept. An expired token would fail the whole build in BuildKit even where errors are to
 * be ignored, so it is read first.
 * @param env where GitHub's runner puts the cache service of this job
 * @param name full image name without tag, for `registry`
 * @param now milliseconds since 1970
 */
export function layerCache(
  inputs: BuildInputs,
  platform: string,
  env: Environment,
  name: string,
  now: number,
): LayerCache {
  const off = (note = ''): LayerCache => ({ kind: 'off', from: '', to: '', note });
  const scope = inputs.cacheScope || defaultScope(inputs, platform);
  if (inputs.cache === 'off' || inputs.noCache) return off();
  if (inputs.cache === 'registry') {
    const ref = `${name}:cache-${scope.replace(/[^\w.-]+/g, '-').slice(0, 120)}`;
    const to = `type=registry,ref=${ref},mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true`;
    return { kind: 'registry', from: `type=registry,ref=${ref}`, to: inputs.push ? to : '', note: '' };
  }
  const token = readToken(env.ACTIONS_RUNTIME_TOKEN ?? '');
  if (!env.ACTIONS_RESULTS_URL || !token)
    return off(
      inputs.cache === 'gha'
        ? "Cache: GitHub's cache service is not offered to this job; building without."
        : '',
    );
  if ((token.exp ?? 0) * 1000 < now + 60_000)
    return off("Cache: the job's cache token has expired; building without.");
  const from = `type=gha,version=2,scope=${scope}`;
  if (!mayWrite(token))
    return { kind: 'gha', from, to: '', note: 'Cache: this job may read the cache but not write it.' };
  return { kind: 'gha', from, to: `${from},mode=max,ignore-error=true`, note: '' };
}

function readToken(token: string): RuntimeToken | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as RuntimeToken) : undefined;
  } catch {
    return undefined;
  }
}

function mayWrite({ ac }: RuntimeToken): boolean {
  try {
    const scopes = JSON.parse(ac ?? '[]') as { Permission?: number }[];
    return scopes.some(({ Permission = 0 }) => (Permission & 2) !== 0);
  } catch {
    return false;
  }
}
