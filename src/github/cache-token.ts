/** The runtime token's claims that are read; GitHub signs it, nobody here checks that. */
export interface RuntimeToken {
  /** Seconds since 1970. */
  exp?: number;
  /** JSON text: `[{"Scope": "refs/heads/main", "Permission": 3}]`; bit 2 of a permission allows writing. */
  ac?: string;
  /** Scopes: `Actions.Results:RUN:JOB` and others, one space between them. */
  scp?: string;
}

/** The claims of ACTIONS_RUNTIME_TOKEN; undefined where it is none. */
export function readRuntimeToken(token: string | undefined): RuntimeToken | undefined {
  try {
    const parsed: unknown = JSON.parse(
      Buffer.from((token ?? '').split('.')[1] ?? '', 'base64url').toString('utf8'),
    );
    return typeof parsed === 'object' && parsed !== null ? (parsed as RuntimeToken) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a token allows writing to the cache; undefined where it does not say. */
export function grantsWrite(token: RuntimeToken | undefined): boolean | undefined {
  if (token?.ac === undefined) return undefined;
  try {
    const scopes = JSON.parse(token.ac) as { Permission?: number }[];
    return scopes.some(({ Permission = 0 }) => (Permission & 2) !== 0);
  } catch {
    return undefined;
  }
}

/**
 * Whether a job may write to GitHub's cache, as far as it can know: a pull request from a fork may not, nor a job
 * under `cache-mode: read`. What the token does not say counts as allowed, since the service will tell.
 * @param env ACTIONS_RUNTIME_TOKEN and ACTIONS_CACHE_MODE
 */
export function mayWriteCache(env: NodeJS.ProcessEnv): boolean {
  const mode = (env.ACTIONS_CACHE_MODE ?? '').trim().toLowerCase();
  if (mode === 'read' || mode === 'none') return false;
  return grantsWrite(readRuntimeToken(env.ACTIONS_RUNTIME_TOKEN)) ?? true;
}
