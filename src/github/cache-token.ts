/** The runtime token's claims that are read; GitHub signs it, nobody here checks that. */
interface RuntimeToken {
  /** JSON text: `[{"Scope": "refs/heads/main", "Permission": 3}]`; bit 2 of a permission allows writing. */
  ac?: string;
}

/**
 * Whether a job may write to GitHub's cache, as far as it can know: a pull request from a fork may not, nor a job
 * under `cache-mode: read`. What the token does not say counts as allowed, since the service will tell.
 * @param env ACTIONS_RUNTIME_TOKEN and ACTIONS_CACHE_MODE
 */
export function mayWriteCache(env: NodeJS.ProcessEnv): boolean {
  const mode = (env.ACTIONS_CACHE_MODE ?? '').trim().toLowerCase();
  if (mode === 'read' || mode === 'none') return false;
  try {
    const claims = Buffer.from((env.ACTIONS_RUNTIME_TOKEN ?? '').split('.')[1] ?? '', 'base64url');
    const { ac } = JSON.parse(claims.toString('utf8')) as RuntimeToken;
    const scopes = ac === undefined ? undefined : (JSON.parse(ac) as { Permission?: number }[]);
    return scopes?.some(({ Permission = 0 }) => (Permission & 2) !== 0) ?? true;
  } catch {
    return true;
  }
}
