import { createHash } from 'node:crypto';
import type { JobContext } from '../github/context.ts';
import type { RunRecord } from '../record.ts';
import type { ReportInputs } from './inputs.ts';

/** What becomes of a report, as data. */
export interface ReportPlan {
  /** One comment and one history a key. */
  key: string;
  /** The branch whose last runs are compared with; '' where there is none. */
  branch: string;
  /** Whether this run is one of them afterwards. */
  keep: boolean;
  /**
   * On a pull request by number; on those that this commit belongs to; by an artifact, where the token of a pull
   * request from a fork may not write; or not at all, and why.
   */
  comment:
    | { to: 'pull-request'; number: number }
    | { to: 'commit'; sha: string }
    | { to: 'artifact'; number: number }
    | { to: 'nobody'; because: string };
  /** Whether page and record go up as an artifact. */
  artifact: boolean;
}

/** Decides what is done with the report of this run. */
export function planReport(inputs: ReportInputs, job: JobContext, record: RunRecord): ReportPlan {
  const onBranch = job.refType === 'branch' && !job.pullRequest;
  return {
    key: inputs.key || defaultKey(job, record),
    branch: job.pullRequest ? job.pullRequest.baseRef : onBranch ? job.refName : '',
    keep: onBranch,
    comment: planComment(inputs, job),
    artifact: inputs.artifact,
  };
}

function planComment({ comment, token }: ReportInputs, job: JobContext): ReportPlan['comment'] {
  const nobody = (because: string): ReportPlan['comment'] => ({ to: 'nobody', because });
  if (comment === 'off') return nobody('`comment` is "off"');
  if (job.repository === '') return nobody('this is no job on GitHub');
  const { pullRequest } = job;
  if (!pullRequest && comment === 'auto') return nobody('this is no pull request');
  // `pull_request_target` and the like run with the base repository's token.
  if (pullRequest && job.eventName === 'pull_request' && pullRequest.headRepository !== job.repository)
    return { to: 'artifact', number: pullRequest.number };
  if (token === '') return nobody('`github-token` is empty');
  if (pullRequest) return { to: 'pull-request', number: pullRequest.number };
  return job.sha === '' ? nobody('the commit is not known') : { to: 'commit', sha: job.sha };
}

/** The root action names function or repository itself, so that the key is the same where a build fails. */
function defaultKey({ repository }: JobContext, { deploy = [], image }: RunRecord): string {
  if (deploy.length > 0) return deploy.map((entry) => entry.function).join('\n');
  const [, path] = /^[^/]+\/(.+)@/.exec(image?.uri ?? '') ?? [];
  return path ?? repository;
}

/** Name of the artifact with the page and the record. */
export function reportArtifact(key: string): string {
  return `deploy-lambda-container-report-${shortHash(key)}`;
}

/** How the names of artifacts begin that hand a run on to the workflow that may comment. */
export const HANDED_ON_PREFIX = 'deploy-lambda-container-run-';

/** Name of that artifact for one key. */
export function handedOnArtifact(key: string): string {
  return `${HANDED_ON_PREFIX}${shortHash(key)}`;
}

/** Its only file. */
export const HANDED_ON_FILE = 'run.json';

function shortHash(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 12);
}
