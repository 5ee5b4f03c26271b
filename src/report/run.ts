import { canUploadArtifacts, uploadArtifact } from '../github/artifact.ts';
import type { CacheStore } from '../github/cache.ts';
import type { JobContext } from '../github/context.ts';
import type { Environment } from '../github/inputs.ts';
import type { Log } from '../github/log.ts';
import type { RunRecord } from '../record.ts';
import { compare } from './compare.ts';
import { addRun, historyPlace, isKept, readHistory, trimmed, writeHistory } from './history.ts';
import { reportHtml } from './html.ts';
import { reportMarkdown } from './markdown.ts';
import type { Heading } from './options.ts';
import { HANDED_ON_FILE, handedOnArtifact, type ReportPlan, reportArtifact } from './plan.ts';
import { postComment } from './post-comment.ts';

/** GitHub drops a step's summary of more than 1 MiB. */
const SUMMARY_LIMIT = 1_000 * 1024;
/** All that the report asks of GitHub together, in milliseconds. */
const ALL_LIMIT = 10_000;
const HISTORY_LIMIT = 3_000;
/** So that an artifact service that hangs leaves time for the comment. */
const UPLOAD_LIMIT = 4_000;

export interface ReportTools {
  env: Environment;
  job: JobContext;
  log: Log;
  store: CacheStore;
  /** `github-token` */
  token: string;
  /** Appends to the job summary. */
  summarize(markdown: string): Promise<void>;
}

/**
 * Compares the run, writes the summary, comments, uploads and keeps it. Never throws: what could not be done is one
 * warning.
 */
export async function runReport(plan: ReportPlan, record: RunRecord, tools: ReportTools): Promise<void> {
  const deadline = Date.now() + ALL_LIMIT;
  const problems: string[] = [];
  /** Its result; undefined where it failed, which is noted. */
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };

  const base =
    (await attempt('the last runs of the base branch could not be read', () => lastRuns(plan, tools))) ?? [];
  const comparison = compare(record, base);
  const heading = headingOf(plan, tools);
  const markdown = (limit: number, more: Heading = {}): string =>
    reportMarkdown(record, comparison, { limit, heading: { ...heading, ...more } });

  await attempt('the job summary was not written', () => tools.summarize(markdown(SUMMARY_LIMIT)));
  const page = plan.artifact
    ? await attempt('the report was not uploaded', () =>
        uploadReport(plan, record, reportHtml(record, comparison, base, heading), tools),
      )
    : undefined;
  const more = page === undefined ? {} : { htmlUrl: page };
  await attempt('the comment was not written', () =>
    handOver(plan, record, (limit) => markdown(limit, more), tools, deadline),
  );
  if (plan.keep && isKept(record) && tools.store.isAvailable() && tools.store.isWritable())
    await attempt('this run was not kept for later comparisons', () =>
      writeHistory(tools.store, place(plan, tools), addRun(base, record), HISTORY_LIMIT),
    );
  if (problems.length > 0) tools.log.warning(`Report: ${problems.join('; ')}.`);
}

/** @returns the artifact's page */
async function uploadReport(
  { key }: ReportPlan,
  record: RunRecord,
  html: string,
  { env, job, log }: ReportTools,
): Promise<string> {
  const name = reportArtifact(key);
  const files = { 'report.html': html, 'record.json': `${JSON.stringify(record, null, 2)}\n` };
  const id = await uploadArtifact(env, name, files, Date.now() + UPLOAD_LIMIT);
  log.info(`Report: uploaded as ${name}.`);
  return `${runUrl(env, job)}/artifacts/${id}`;
}

/** Comments, or leaves the run to the workflow that may. */
async function handOver(
  plan: ReportPlan,
  record: RunRecord,
  text: (limit: number) => string,
  tools: ReportTools,
  deadline: number,
): Promise<void> {
  const { comment, key } = plan;
  if (comment.to === 'nobody') {
    const tell = tools.job.repository === '' ? tools.log.debug : tools.log.info;
    return tell(`Report: no comment, since ${comment.because}.`);
  }
  if (comment.to === 'artifact') {
    await handOn(key, comment.number, record, tools, deadline);
    return tools.log.info(
      'Report: a pull request from a fork may not comment; the run was uploaded for the workflow that may (docs/report.md).',
    );
  }
  try {
    const said = await postComment(comment, key, text, tools, deadline);
    tools.log.info(`Report: ${said}.`);
  } catch (error) {
    // Dependabot's pull requests have a token that only reads, as those from forks.
    const refused = (error as { status?: unknown }).status === 403 && canUploadArtifacts(tools.env);
    if (!refused || comment.to !== 'pull-request') throw error;
    await handOn(key, comment.number, record, tools, deadline).catch(() => undefined);
    throw new Error(
      `${(error as Error).message}; give the job \`pull-requests: write\`, or let the workflow comment that takes up the run's artifact (docs/report.md)`,
      { cause: error },
    );
  }
}

async function handOn(
  key: string,
  pullRequest: number,
  record: RunRecord,
  { env, job }: ReportTools,
  deadline: number,
): Promise<void> {
  const run = { schema: 1, pullRequest, key, commit: job.sha, record: withEvidence(record) };
  await uploadArtifact(env, handedOnArtifact(key), { [HANDED_ON_FILE]: JSON.stringify(run) }, deadline);
}

/** Smaller than the whole, but with all that a comment shows. */
function withEvidence(record: RunRecord): RunRecord {
  const small = trimmed(record);
  const { build, findings } = record;
  return {
    ...small,
    reasons: record.reasons,
    ...(findings && { findings: findings.slice(0, 100) }),
    ...(build && small.build && { build: { ...build, vertices: small.build.vertices } }),
    ...(record.deploy && { deploy: record.deploy }),
  };
}

async function lastRuns(plan: ReportPlan, tools: ReportTools): Promise<RunRecord[]> {
  if (plan.branch === '' || !tools.store.isAvailable()) return [];
  return await readHistory(tools.store, place(plan, tools), HISTORY_LIMIT);
}

function place({ key, branch }: ReportPlan, { job }: ReportTools): ReturnType<typeof historyPlace> {
  return historyPlace(job.runnerTemp, key, branch);
}

function headingOf({ branch }: ReportPlan, { env, job }: ReportTools): Heading {
  return {
    ...(branch !== '' && { base: branch }),
    ...(job.sha !== '' && { commit: job.sha }),
    ...(job.repository !== '' && { runUrl: runUrl(env, job) }),
  };
}

function runUrl(env: Environment, { repository }: JobContext): string {
  return `${env.GITHUB_SERVER_URL ?? 'https://github.com'}/${repository}/actions/runs/${env.GITHUB_RUN_ID ?? ''}`;
}
