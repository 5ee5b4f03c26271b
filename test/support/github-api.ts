import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Request, type Response } from 'express';

export interface StoredComment {
  id: number;
  issue: number;
  body: string;
  author: string;
}

/** What is done instead of answering: nothing at all, or this status with these headers. */
export interface ApiFault {
  /** Of `METHOD /path`; absent: of every request. */
  on?: RegExp;
  /** 0: the request is taken and never answered. */
  status: number;
  headers?: Record<string, string>;
  message?: string;
  /** How many requests meet it; absent: all. */
  times?: number;
  /** True: it is carried out all the same, and only the answer is a fault's. */
  carriedOut?: boolean;
}

export interface PullRequest {
  number: number;
  state: 'open' | 'closed';
  headSha: string;
  /** `OWNER/NAME`; null where the fork is gone. */
  headRepository: string | null;
  base: string;
}

/** A stand-in of the parts of GitHub's REST and GraphQL API that this project calls. */
export interface GitHubStandIn {
  /** For GITHUB_API_URL. */
  url: string;
  /** For GITHUB_API_URL and GITHUB_GRAPHQL_URL together. */
  env: { GITHUB_API_URL: string; GITHUB_GRAPHQL_URL: string };
  comments: StoredComment[];
  pulls: PullRequest[];
  /** Zip files by artifact id, with their names and the run that made them. */
  artifacts: { id: number; name: string; run: number; zip: Buffer; size?: number; expired?: boolean }[];
  /** Who a token belongs to; others get 401. A login that ends in `:read` may not write. */
  tokens: Map<string, string>;
  /** `METHOD /path` of each request, in order. */
  requests: string[];
  fail(fault: ApiFault): void;
  heal(): void;
  /** Called before a comment is created, to let another job come first. */
  beforeCreate: (() => void) | undefined;
  add(issue: number, author: string, body: string): StoredComment;
  close(): Promise<void>;
}

/** Starts it on a free port, with the token `ghs_of-the-tests` of `github-actions[bot]`. */
export async function startGitHubApi(): Promise<GitHubStandIn> {
  let next = 1;
  let faults: ApiFault[] = [];
  let origin = '';
  const api: GitHubStandIn = {
    url: '',
    env: { GITHUB_API_URL: '', GITHUB_GRAPHQL_URL: '' },
    comments: [],
    pulls: [],
    artifacts: [],
    tokens: new Map([['ghs_of-the-tests', 'github-actions[bot]']]),
    requests: [],
    fail: (fault) => void faults.push(fault),
    heal: () => {
      faults = [];
    },
    beforeCreate: undefined,
    add(issue, author, body) {
      const comment = { id: next++, issue, body, author };
      api.comments.push(comment);
      return comment;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const app = express();
  app.use(express.json({ limit: '1mb' }));
  app.use((request, response, proceed) => {
    const line = `${request.method} ${request.originalUrl}`;
    api.requests.push(line);
    const fault = faults.find(({ on, times = 1 }) => times > 0 && (on?.test(line) ?? true));
    if (!fault) return proceed();
    if (fault.times !== undefined) fault.times -= 1;
    const broken = (): void => {
      if (fault.status === 0) return;
      response.status(fault.status).set(fault.headers ?? {});
      response.json({ message: fault.message ?? 'a fault of the test' });
    };
    if (!fault.carriedOut) return broken();
    response.locals.broken = broken;
    proceed();
  });
  app.use((request, response, proceed) => {
    const login = api.tokens.get((request.get('authorization') ?? '').replace(/^Bearer /, ''));
    // The signed address of a file needs no token, and must not get one.
    if (request.path.startsWith('/blobs/')) {
      if (request.get('authorization')) return void response.status(400).json({ message: 'token leaked' });
      return proceed();
    }
    if (!login) return void response.status(401).json({ message: 'Bad credentials' });
    if (!request.get('user-agent')) return void response.status(403).json({ message: 'no user agent' });
    if (login.endsWith(':read') && request.method !== 'GET' && request.path !== '/graphql')
      return void response.status(403).json({ message: 'Resource not accessible by integration' });
    response.locals.login = login.replace(/:read$/, '');
    proceed();
  });
  app.post('/graphql', (_request, response) => {
    answer(response, 200, { data: { viewer: { login: response.locals.login } } });
  });
  // REST's own way is closed to an app's token.
  app.get('/user', (_request, response) => {
    answer(response, 403, { message: 'Resource not accessible by integration' });
  });
  app.get('/repos/:owner/:name/issues/:issue/comments', (request, response) => {
    const [size, page] = [Number(request.query.per_page ?? 30), Number(request.query.page ?? 1)];
    if (size > 100) return void answer(response, 422, { message: 'per_page' });
    const all = api.comments.filter(({ issue }) => issue === Number(request.params.issue));
    answer(response, 200, all.slice((page - 1) * size, page * size).map(shown));
  });
  app.post('/repos/:owner/:name/issues/:issue/comments', (request, response) => {
    if (tooLong(request, response)) return;
    api.beforeCreate?.();
    answer(
      response,
      201,
      shown(api.add(Number(request.params.issue), response.locals.login, request.body.body)),
    );
  });
  app.patch('/repos/:owner/:name/issues/comments/:id', (request, response) => {
    const comment = api.comments.find(({ id }) => id === Number(request.params.id));
    if (!comment) return void answer(response, 404, { message: 'Not Found' });
    if (tooLong(request, response)) return;
    comment.body = request.body.body;
    answer(response, 200, shown(comment));
  });
  app.delete('/repos/:owner/:name/issues/comments/:id', (request, response) => {
    const at = api.comments.findIndex(({ id }) => id === Number(request.params.id));
    if (at < 0) return void answer(response, 404, { message: 'Not Found' });
    api.comments.splice(at, 1);
    response.status(204).end();
  });
  app.get('/repos/:owner/:name/commits/:sha/pulls', (request, response) => {
    answer(response, 200, api.pulls.filter(({ headSha }) => headSha === request.params.sha).map(shownPull));
  });
  app.get('/repos/:owner/:name/pulls/:number', (request, response) => {
    const pull = api.pulls.find(({ number }) => number === Number(request.params.number));
    if (!pull) return void answer(response, 404, { message: 'Not Found' });
    answer(response, 200, shownPull(pull));
  });
  app.get('/repos/:owner/:name/actions/runs/:run/artifacts', (request, response) => {
    const of = api.artifacts.filter(({ run }) => run === Number(request.params.run));
    answer(response, 200, {
      total_count: of.length,
      artifacts: of.map(({ id, name, zip, size, expired = false }) => ({
        id,
        name,
        size_in_bytes: size ?? zip.length,
        expired,
      })),
    });
  });
  app.get('/repos/:owner/:name/actions/artifacts/:id/zip', (request, response) => {
    // On another host, as GitHub's.
    response.redirect(302, `${origin.replace('127.0.0.1', 'localhost')}/blobs/${request.params.id}`);
  });
  app.get('/blobs/:id', (request, response) => {
    const artifact = api.artifacts.find(({ id }) => id === Number(request.params.id));
    if (!artifact) return void response.status(404).end();
    response.type('application/zip').send(artifact.zip);
  });

  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  api.url = origin;
  api.env = { GITHUB_API_URL: origin, GITHUB_GRAPHQL_URL: `${origin}/graphql` };
  return api;
}

function answer(response: Response, status: number, body: unknown): void {
  if (response.locals.broken) response.locals.broken();
  else response.status(status).json(body);
}

function tooLong(request: Request, response: Response): boolean {
  if (typeof request.body.body === 'string' && request.body.body.length <= 65_536) return false;
  answer(response, 422, { message: 'Body is too long (maximum is 65536 characters)' });
  return true;
}

/** GitHub gives line ends back as a form would. */
function shown({ id, body, author }: StoredComment): object {
  return { id, body: body.replaceAll('\n', '\r\n'), user: { login: author } };
}

function shownPull({ number, state, headSha, headRepository, base }: PullRequest): object {
  return {
    number,
    state,
    head: { sha: headSha, repo: headRepository === null ? null : { full_name: headRepository } },
    base: { ref: base, repo: { full_name: 'octo-org/octo-app' } },
  };
}
