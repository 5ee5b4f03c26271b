import { describeError } from '../../errors.ts';
import { type GitHubApi, gitHubApi } from '../../github/api.ts';
import type { CacheStore } from '../../github/cache.ts';
import { COMMENT_LIMIT, commentMarker, putComment } from '../../github/comment.ts';
import { oneLine } from '../../github/foreign-text.ts';
import type { Environment } from '../../github/inputs.ts';
import type { Log } from '../../github/log.ts';
import { listRunArtifacts, type RunArtifact, readArtifactFile } from '../../github/run-artifacts.ts';
import type { RunRecord } from '../../record.ts';
import { compare } from '../compare.ts';
import { historyPlace, readHistory } from '../history.ts';
import { reportMarkdown } from '../markdown.ts';
import { HANDED_ON_FILE, HANDED_ON_PREFIX, handedOnArtifact } from '../plan.ts';
import { type HandedOn, parseHandedOn } from '../record-check.ts';
import { mismatch, type PullAnswer } from './check.ts';
import type { ForeignRun } from './event.ts';

/** Bytes of a run's JSON. */
const LONGEST_RUN = 1024 * 1024;
/** All artifacts together, in milliseconds: nobody waits for this job. */
const ALL_LIMIT = 60_000;
const HISTORY_LIMIT = 3_000;

export interface ForeignTools {
  env: Environment;
  /** `OWNER/NAME` */
  repository: string;
  runnerTemp: string;
  token: string;
  log: Log;
  store: CacheStore;
}

/**
 * Comments on the pull request of a run with what its artifacts say. Never throws: what is refused or fails is a
 * warning that names the artifact.
 */
export async function reportForeignRun(run: ForeignRun, tools: ForeignTools): Promise<void> {
  const { env, token, repository, log } = tools;
  const api = gitHubApi({ env, token, deadline: Date.now() + ALL_LIMIT });
  const artifacts = await listRunArtifacts(api, repository, run.id, HANDED_ON_PREFIX).catch(
    (error: unknown) => {
      log.warning(
        oneLine(`Report: the artifacts of run ${run.id} could not be listed: ${describeError(error)}`),
      );
      return [];
    },
  );
  if (artifacts.length === 0) log.info(`Report: run ${run.id} has handed nothing on.`);
  for (const artifact of artifacts) {
    try {
      log.info(oneLine(`Report: ${await reportArtifact(api, artifact, run, tools)}.`));
    } catch (error) {
      log.warning(oneLine(`Report: artifact ${artifact.name} was not taken: ${describeError(error)}`));
    }
  }
}

async function reportArtifact(
  api: GitHubApi,
  artifact: RunArtifact,
  run: ForeignRun,
  tools: ForeignTools,
): Promise<string> {
  const { repository, env } = tools;
  const handed = parseHandedOn(
    await readArtifactFile(api, repository, artifact, HANDED_ON_FILE, LONGEST_RUN),
  );
  // One comment an artifact: a key has one name.
  if (artifact.name !== handedOnArtifact(handed.key)) throw new Error('its name is not that of its key');
  const pull = ((await api.call('GET', `/repos/${repository}/pulls/${handed.pullRequest}`)) ??
    {}) as PullAnswer;
  const wrong = mismatch(handed, pull, run, repository);
  if (wrong !== '') throw new Error(wrong);
  const branch = typeof pull.base?.ref === 'string' ? pull.base.ref : '';
  const base = await lastRuns(handed, branch, tools);
  const text = reportMarkdown(handed.record, compare(handed.record, base), {
    limit: COMMENT_LIMIT - commentMarker(handed.key).length - 1,
    heading: {
      base: branch,
      commit: run.headSha,
      runUrl: `${env.GITHUB_SERVER_URL ?? 'https://github.com'}/${repository}/actions/runs/${run.id}`,
    },
  });
  const place = { repository, pullRequest: handed.pullRequest, key: handed.key };
  return `comment on pull request ${handed.pullRequest} ${await putComment(api, place, text)}`;
}

/** From our own cache, not from the artifact. */
async function lastRuns(
  { key }: HandedOn,
  branch: string,
  { store, runnerTemp, log }: ForeignTools,
): Promise<RunRecord[]> {
  if (!store.isAvailable()) return [];
  try {
    return await readHistory(store, historyPlace(runnerTemp, key, branch), HISTORY_LIMIT);
  } catch (error) {
    log.warning(`Report: the last runs of the base branch could not be read: ${describeError(error)}`);
    return [];
  }
}
