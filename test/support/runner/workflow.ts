import { parseDocument } from 'yaml';
import { closeGaps, type LocalRepository, OWN_REF, OWN_REPOSITORY, rewriteOwnUses } from './stage.ts';
import { remoteUse, usesIn } from './uses.ts';

/** Id of the job that is added to a workflow to tell what its jobs gave. */
export const RESULTS_JOB = 'results-of-the-run';

/** What `needs` says of a job. */
export interface JobOutcome {
  result: 'success' | 'failure' | 'cancelled' | 'skipped';
  outputs: Record<string, string>;
}

/**
 * Adds a last job that writes the `needs` context of all others to a file: act prints no job outputs.
 * @param resultsFile the path that gets the JSON
 */
export function withResultsJob(workflow: string, resultsFile: string): string {
  const document = parseDocument(rewriteOwnUses(closeGaps(workflow), OWN_REPOSITORY, OWN_REF));
  if (document.errors[0]) throw document.errors[0];
  const jobs = document.toJS().jobs as Record<string, unknown> | undefined;
  document.setIn(['jobs', RESULTS_JOB], {
    needs: Object.keys(jobs ?? {}),
    if: 'always()',
    'runs-on': 'ubuntu-latest',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub Actions
    steps: [{ run: `printf '%s' "$NEEDS" > '${resultsFile}'`, env: { NEEDS: '${{ toJSON(needs) }}' } }],
  });
  return document.toString({ lineWidth: 0 });
}

/**
 * The folder for each remote action or workflow that the texts name, as act's `--local-repository` takes it:
 * `OWNER/REPO@ref=FOLDER`.
 * @param texts the workflow and all manifests that it may reach
 * @param stubs folder for OWNER/REPO, whatever the ref
 * @throws Error where a repository has neither a folder nor a stub: it would have to come over the network
 */
export function repositoryMappings(
  texts: readonly string[],
  repositories: readonly LocalRepository[],
  stubs: Readonly<Record<string, string>>,
): string[] {
  const mappings = new Set(
    repositories.map(({ repository, ref, folder }) => `${repository}@${ref}=${folder}`),
  );
  for (const { uses } of texts.flatMap(usesIn)) {
    const remote = remoteUse(uses);
    if (
      !remote ||
      repositories.some(({ repository, ref }) => repository === remote.repository && ref === remote.ref)
    )
      continue;
    const stub = stubs[remote.repository];
    if (!stub) throw new Error(`${uses}: neither among the local repositories nor in test/support/stubs`);
    mappings.add(`${remote.repository}@${remote.ref}=${stub}`);
  }
  return [...mappings];
}
