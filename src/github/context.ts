import { readFileSync } from 'node:fs';
import type { Environment } from './inputs.ts';

/** What GitHub says about the event that started the job. */
export interface JobContext {
  /** `push`, `pull_request`, `workflow_dispatch`, ...; '' outside of GitHub. */
  eventName: string;
  /** The commit that people know: on a pull request its head, not GitHub's merge commit. 40 hex digits or ''. */
  sha: string;
  /** Branch or tag name without `refs/heads/` or `refs/tags/`; '' on pull requests. */
  refName: string;
  refType: 'branch' | 'tag' | '';
  pullRequest?: { number: number; baseRef: string; headRepository: string };
  /** `OWNER/NAME` */
  repository: string;
  /** RUNNER_TEMP, an existing folder that ends with the job. */
  runnerTemp: string;
  workspace: string;
}

/** The part of a pull request event that is read; every field may be missing in another event. */
interface EventPayload {
  pull_request?: {
    number?: number;
    base?: { ref?: string };
    head?: { sha?: string; repo?: { full_name?: string } | null };
  };
}

/**
 * Reads the context from GITHUB_* variables and the event file.
 * An event file that is missing or not JSON counts as an empty event: the deploy does not hang on it.
 */
export function jobContext(env: Environment): JobContext {
  const pull = readEvent(env.GITHUB_EVENT_PATH).pull_request;
  const refType = env.GITHUB_REF_TYPE === 'tag' ? 'tag' : env.GITHUB_REF_TYPE === 'branch' ? 'branch' : '';
  const context: JobContext = {
    eventName: env.GITHUB_EVENT_NAME ?? '',
    sha: pull?.head?.sha ?? env.GITHUB_SHA ?? '',
    refName: pull ? '' : (env.GITHUB_REF_NAME ?? ''),
    refType: pull ? '' : refType,
    repository: env.GITHUB_REPOSITORY ?? '',
    runnerTemp: env.RUNNER_TEMP ?? env.TMPDIR ?? '/tmp',
    workspace: env.GITHUB_WORKSPACE ?? process.cwd(),
  };
  if (pull?.number !== undefined)
    context.pullRequest = {
      number: pull.number,
      baseRef: pull.base?.ref ?? '',
      headRepository: pull.head?.repo?.full_name ?? '',
    };
  return context;
}

function readEvent(path: string | undefined): EventPayload {
  if (!path) return {};
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as EventPayload) : {};
  } catch {
    return {};
  }
}
