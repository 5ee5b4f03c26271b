import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';

/** One `uses:` of an action.yml or a workflow file. */
export interface Use {
  /** The line it stands on, from 1. */
  line: number;
  uses: string;
  /** Names of the inputs handed over. */
  inputs: string[];
}

/**
 * All `uses:` of a YAML file, of steps and of jobs.
 * @throws Error where the text is not YAML
 */
export function usesIn(text: string): Use[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  if (document.errors[0]) throw document.errors[0];
  const found: Use[] = [];
  visit(document, {
    Map(_key, map) {
      const uses = map.get('uses', true);
      if (!isScalar(uses) || typeof uses.value !== 'string') return;
      const given = map.get('with');
      found.push({
        line: lines.linePos(uses.range?.[0] ?? 0).line,
        uses: uses.value,
        inputs: isMap(given) ? given.items.map(({ key }) => String(key)) : [],
      });
    },
  });
  return found;
}

/** A remote `uses:`: `OWNER/REPO[/path]@ref`. */
export interface RemoteUse {
  /** `OWNER/REPO` */
  repository: string;
  /** Folder of the action or path of the reusable workflow; empty for the repository's root. */
  path: string;
  ref: string;
}

/** Reads a remote `uses:`; undefined for `./x`, `$/x` and `docker://x`. */
export function remoteUse(uses: string): RemoteUse | undefined {
  const [, repository, path = '', ref] = /^([\w.-]+\/[\w.-]+)(?:\/([^@]+))?@(.+)$/.exec(uses) ?? [];
  if (!repository || !ref || /^[.$]/.test(uses)) return undefined;
  return { repository, path, ref };
}

/**
 * What is wrong with a `uses: $/x`, the form that names an action or a reusable workflow of the repository that the
 * file itself stands in. Runner 2.336 refuses a bare `$/`, and no linter finds a ref or a missing target.
 * @param root the repository's root folder
 * @returns undefined where it is right, or where `uses` is of another form
 */
export function ownUseProblem(uses: string, root: string): string | undefined {
  if (!uses.startsWith('$')) return undefined;
  if (!uses.startsWith('$/')) return `${uses}: must start with $/`;
  const path = uses.slice(2);
  if (path === '') return '$/: names no folder; a root action cannot be called this way';
  if (path.includes('@')) return `${uses}: takes no @ref, it is always the commit that runs`;
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..'))
    return `${uses}: not a plain path`;
  const manifest = manifestOf(root, path);
  return manifest ? undefined : `${uses}: there is no ${/\.ya?ml$/.test(path) ? path : `${path}/action.yml`}`;
}

/** The file that a `uses:` path means: the workflow file itself, or the action.yml in the folder. */
export function manifestOf(root: string, path: string): string | undefined {
  const candidates = /\.ya?ml$/.test(path)
    ? [path]
    : ['action.yml', 'action.yaml'].map((name) => join(path, name));
  return candidates.map((candidate) => join(root, candidate)).find((candidate) => existsSync(candidate));
}
