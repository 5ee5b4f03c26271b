import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../errors.ts';
import type { Environment } from './inputs.ts';

/** Longest time for one request; a GitHub API that is well answers in under a second. */
const requestLimit = 4_000;
/** Waits between tries of a request that failed on the server's side. */
const retryWaits = [300, 900, 1_800];
/** More of an answer is not read; the longest page of comments (100 of 65,536 characters) is shorter. */
const answerLimit = 32 * 1024 * 1024;

/** Why GitHub's API did not do what it was asked. */
export class GitHubApiError extends Error {
  override readonly name = 'GitHubApiError';
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;

  /** @param message the end of a sentence: `GET /repos/... answered HTTP 403: ...` */
  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** A JSON client of GitHub's REST API, all of whose calls together are over when `deadline` is. */
export interface GitHubApi {
  /**
   * One call, tried again after a fault of the server or a throttle where the time allows and it may be repeated.
   * @param path `/repos/OWNER/NAME/...`, with its query
   * @returns the answer's JSON; undefined for an empty one
   * @throws GitHubApiError
   */
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<unknown>;
  /**
   * The login of the token's owner, as comments show it: `github-actions[bot]`, `my-app[bot]` or a person's. REST's
   * `/user` is closed to the tokens of apps, GraphQL's `viewer` answers all kinds.
   * @throws GitHubApiError
   */
  viewer(): Promise<string>;
  /**
   * A file of at most `limit` bytes.
   * @throws GitHubApiError where it is longer
   */
  download(path: string, limit: number): Promise<Buffer>;
}

export interface ApiAccess {
  /** GITHUB_API_URL and GITHUB_GRAPHQL_URL */
  env: Environment;
  token: string;
  /** Milliseconds since 1970. */
  deadline: number;
}

/**
 * A client by plain `fetch`: the few calls that are made do not weigh up an SDK in every bundle.
 * Source of the rules for throttling: docs.github.com, "Rate limits for the REST API" and "Best practices".
 */
export function gitHubApi(access: ApiAccess): GitHubApi {
  const base = (access.env.GITHUB_API_URL || 'https://api.github.com').replace(/\/$/, '');
  const graphql = access.env.GITHUB_GRAPHQL_URL || `${base.replace(/\/v3$/, '')}/graphql`;
  return {
    async call(method, path, body) {
      const answer = await persist(access, method !== 'POST', { method, url: `${base}${path}`, path, body });
      return answer.length === 0 ? undefined : parse(answer, `${method} ${path}`);
    },
    async viewer() {
      const query = { query: 'query { viewer { login } }' };
      const request = { method: 'POST', url: graphql, path: '/graphql', body: query };
      const answer = parse(await persist(access, true, request), 'POST /graphql');
      const { login } = (answer as { data?: { viewer?: { login?: unknown } } | null }).data?.viewer ?? {};
      if (typeof login !== 'string' || login === '')
        throw new GitHubApiError('POST /graphql does not say whose the token is', 200);
      return login;
    },
    download: (path, limit) => persist(access, true, { method: 'GET', url: `${base}${path}`, path, limit }),
  };
}

interface ApiRequest {
  method: string;
  url: string;
  /** For messages. */
  path: string;
  body?: object | undefined;
  /** Bytes of the answer that are read at most. */
  limit?: number;
}

/** What one try came to. */
type Attempt = { answer: Buffer } | { error: GitHubApiError; retry: boolean; waitMs?: number };

async function persist(access: ApiAccess, repeatable: boolean, request: ApiRequest): Promise<Buffer> {
  for (let tries = 0; ; tries += 1) {
    const attempt = await send(access, request);
    if ('answer' in attempt) return attempt.answer;
    const wait = attempt.waitMs ?? retryWaits[tries];
    // A throttled request was not carried out and may be sent again whatever it is.
    const again = attempt.retry && (repeatable || attempt.waitMs !== undefined);
    if (!again || wait === undefined || Date.now() + wait >= access.deadline) throw attempt.error;
    await sleep(wait + Math.random() * 100);
  }
}

async function send({ token, deadline }: ApiAccess, request: ApiRequest): Promise<Attempt> {
  const { method, url, path, body } = request;
  const left = deadline - Date.now();
  const failed = (message: string, status: number, cause?: unknown): GitHubApiError =>
    new GitHubApiError(`${method} ${path} ${message}`, status, { cause });
  if (left <= 0) return { error: failed('was not sent: the time for it is over', 0), retry: false };
  try {
    const response = await fetch(url, {
      method,
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${token}`,
        'user-agent': 'deploy-lambda-container',
        'x-github-api-version': '2022-11-28',
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(Math.min(requestLimit, left)),
    });
    const answer = await readBounded(response, request.limit ?? answerLimit);
    if (!answer) return { error: failed('answered with more than is read', response.status), retry: false };
    if (response.ok) return { answer };
    const reason = messageIn(answer);
    const error = failed(`answered HTTP ${response.status}${reason ? `: ${reason}` : ''}`, response.status);
    const waitMs = throttleWait(response, reason);
    if (waitMs !== undefined) return { error, retry: true, waitMs };
    return { error, retry: response.status >= 500 };
  } catch (cause) {
    const timedOut = cause instanceof Error && cause.name === 'TimeoutError';
    const why = describeError(cause instanceof Error && cause.cause ? cause.cause : cause);
    return { error: failed(timedOut ? 'did not answer in time' : `failed: ${why}`, 0, cause), retry: true };
  }
}

/** The whole body; undefined where it is longer. */
async function readBounded(response: Response, limit: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * How long GitHub asks to wait, in milliseconds; undefined where it does not throttle. Both limits come as 403 or
 * 429: the secondary one with `retry-after` or, without, a minute; the primary one with the second of its end.
 */
function throttleWait(response: Response, reason: string): number | undefined {
  if (response.status !== 403 && response.status !== 429) return undefined;
  const after = Number(response.headers.get('retry-after') ?? Number.NaN);
  if (Number.isFinite(after)) return after * 1_000;
  if (response.headers.get('x-ratelimit-remaining') === '0') {
    const reset = Number(response.headers.get('x-ratelimit-reset') ?? Number.NaN);
    if (Number.isFinite(reset)) return Math.max(0, reset * 1_000 - Date.now()) + 1_000;
  }
  return response.status === 429 || /rate limit/i.test(reason) ? 60_000 : undefined;
}

function messageIn(answer: Buffer): string {
  try {
    const { message } = JSON.parse(answer.toString('utf8')) as { message?: unknown };
    return typeof message === 'string' ? message.slice(0, 200) : '';
  } catch {
    return '';
  }
}

function parse(answer: Buffer, what: string): unknown {
  try {
    return JSON.parse(answer.toString('utf8'));
  } catch (cause) {
    throw new GitHubApiError(`${what} answered with something that is not JSON`, 200, { cause });
  }
}
