/** A JSON object. */
export type Payload = Record<string, unknown>;

/** What starts a workflow run. */
export interface Trigger {
  /** Default: `push`. */
  event?: string;
  /** Laid over the payload that GitHub would send. */
  eventPayload?: Payload;
  /** Of `workflow_dispatch`. */
  inputs?: Readonly<Record<string, string>>;
  /** `OWNER/REPO` of the workflow. Default: `octo-org/octo-app`. */
  repository?: string;
  /** Default: `refs/heads/main`, on a pull request `refs/pull/7/merge`. */
  ref?: string;
  /** Commit of GITHUB_SHA, 40 hex digits. */
  sha?: string;
}

export const DEFAULT_SHA = '0123456789abcdef0123456789abcdef01234567';
const HEAD_SHA = 'fedcba9876543210fedcba9876543210fedcba98';

/** The event file and the variables that act derives the `github` context from. */
export interface PlannedEvent {
  name: string;
  payload: Payload;
  env: Record<string, string>;
}

/** The shortest payload of each event that actions read something from; https://docs.github.com/webhooks */
export function planEvent(trigger: Trigger): PlannedEvent {
  const { event = 'push', repository = 'octo-org/octo-app', sha = DEFAULT_SHA } = trigger;
  const isPull = event.startsWith('pull_request');
  const number = Number(trigger.eventPayload?.number ?? 7);
  const ref = trigger.ref ?? (event === 'pull_request' ? `refs/pull/${number}/merge` : 'refs/heads/main');
  const [owner = '', name = ''] = repository.split('/');
  const repo = {
    id: 2,
    name,
    full_name: repository,
    owner: { login: owner, id: 1 },
    default_branch: 'main',
    fork: false,
  };
  const specific: Payload = isPull
    ? {
        action: 'synchronize',
        number,
        pull_request: {
          number,
          head: { ref: 'feature', sha: HEAD_SHA, repo },
          base: { ref: 'main', sha: DEFAULT_SHA, repo },
        },
      }
    : { ref, ...(event === 'push' ? { before: '0'.repeat(40), after: sha, deleted: false } : {}) };
  return {
    name: event,
    payload: {
      repository: repo,
      sender: { login: 'octocat' },
      ...specific,
      ...(trigger.inputs ? { inputs: trigger.inputs } : {}),
      ...trigger.eventPayload,
    },
    env: {
      GITHUB_REPOSITORY: repository,
      GITHUB_REF: ref,
      // The name under which act takes github.sha from the environment.
      SHA_REF: sha,
      GITHUB_RUN_ID: '4711',
      GITHUB_RUN_NUMBER: '12',
    },
  };
}
