import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeployError } from '../errors.ts';
import { type HttpRequest, readBody, sendHttp } from '../http.ts';
import type { RegistryCredentials } from './credentials.ts';
import { isLoopback } from './reference.ts';

/** Milliseconds that one request may take. */
const requestTimeout = 10_000;
/** The same for a body that is read as a stream. */
const streamTimeout = 60_000;
const attempts = 4;
/** Milliseconds before the first retry; doubled for each further one. */
const firstPause = 250;

export interface RegistryRequest {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  /** Below `/v2/`. */
  path: string;
  /** What a token of a token service must allow: `repository:NAME:pull,push`. */
  scope: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
  /** A body that can be read once, so that it is sent once; nothing but `signal` limits its time. */
  upload?: { content: Readable; bytes: number; signal: AbortSignal };
  /** True: the body of a good answer is left in `stream`. */
  stream?: boolean;
}

/** An HTTP answer whose body has been read. */
export interface RegistryAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** The body where it was asked for as a stream. */
  stream?: Readable;
  /** Codes of the registry's error body, such as `NAME_UNKNOWN`. */
  codes: string[];
  /** The registry's own words about an error; '' where it has none. */
  message: string;
}

export type RegistryCall = (request: RegistryRequest) => Promise<RegistryAnswer>;

/**
 * Calls of one registry: HTTP for loopback hosts, HTTPS otherwise, sign-in as the registry asks for it (Basic, or a
 * token of its token service), a retry with jitter on connection errors, 429 and 5xx.
 * Source: github.com/distribution/distribution, docs/spec/api.md and docs/spec/auth/token.md.
 * @param host as in an image name; `docker.io` is answered by registry-1.docker.io
 * @throws DeployError where the registry cannot be reached
 */
export function registryCall(host: string, credentials: RegistryCredentials | undefined): RegistryCall {
  const base = `${isLoopback(host) ? 'http' : 'https'}://${host === 'docker.io' ? 'registry-1.docker.io' : host}/v2/`;
  const basic = credentials
    ? `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
    : '';
  /** The header that worked last, by scope. */
  const known = new Map<string, string>();

  return async (request) => {
    const send = (authorization: string) => {
      const headers = { ...request.headers, ...(authorization ? { authorization } : {}) };
      if (request.upload) return uploadOnce(`${base}${request.path}`, headers, request.upload);
      return patient(
        `${base}${request.path}`,
        {
          method: request.method,
          headers,
          ...(request.body ? { body: request.body } : {}),
        },
        request.stream,
      );
    };
    const first = known.get(request.scope) ?? basic;
    const answer = await send(first);
    if (answer.status !== 401 || request.upload) return answer;
    const authorization = await answerChallenge(
      answer.headers['www-authenticate'] ?? '',
      request.scope,
      basic,
    );
    if (!authorization || authorization === first) return answer;
    known.set(request.scope, authorization);
    return send(authorization);
  };
}

/** The Authorization header that a 401's challenge asks for; '' where we have nothing to offer. */
async function answerChallenge(challenge: string, scope: string, basic: string): Promise<string> {
  const [, scheme = '', parameters = ''] = /^(\w+)\s+(.*)$/s.exec(challenge) ?? [];
  if (scheme.toLowerCase() === 'basic') return basic;
  if (scheme.toLowerCase() !== 'bearer') return '';
  const values = new Map(
    [...parameters.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  );
  const realm = values.get('realm');
  // A password goes over HTTPS, or to this machine.
  if (!realm || !URL.canParse(realm)) return '';
  const url = new URL(realm);
  if (url.protocol !== 'https:' && !isLoopback(url.host)) return '';
  const service = values.get('service');
  if (service) url.searchParams.set('service', service);
  url.searchParams.set('scope', values.get('scope') ?? scope);
  const answer = await patient(url.href, {
    method: 'GET',
    headers: basic ? { authorization: basic } : {},
  });
  if (answer.status !== 200) return '';
  const { token, access_token: accessToken } = parseJson(answer.body) as {
    token?: string;
    access_token?: string;
  };
  return token || accessToken ? `Bearer ${token ?? accessToken}` : '';
}

async function uploadOnce(
  url: string,
  headers: Record<string, string>,
  { content, bytes, signal }: { content: Readable; bytes: number; signal: AbortSignal },
): Promise<RegistryAnswer> {
  const sized = { ...headers, 'content-type': 'application/octet-stream', 'content-length': String(bytes) };
  const answer = await sendHttp(url, { method: 'PUT', headers: sized, body: content, signal });
  return toAnswer(answer.status, answer.headers, await readBody(answer.body));
}

async function patient(
  url: string,
  request: Omit<HttpRequest, 'signal'>,
  stream = false,
): Promise<RegistryAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const last = attempt === attempts;
    const signal = AbortSignal.timeout(stream ? streamTimeout : requestTimeout);
    try {
      const { status, headers, body } = await sendHttp(url, { ...request, signal });
      if (stream && status < 300) return { ...toAnswer(status, headers, Buffer.alloc(0)), stream: body };
      const bytes = await readBody(body);
      if (last || (status !== 429 && status < 500)) return toAnswer(status, headers, bytes);
    } catch (error) {
      const cause: unknown = signal.aborted ? signal.reason : error;
      if (last || !mayRetry(cause)) throw unreachable(url, cause);
    }
    // Full jitter: many jobs that fail together do not come back together.
    await sleep(firstPause * 2 ** (attempt - 1) * (0.5 + Math.random() / 2));
  }
}

/** A name that does not exist will not exist in a second either. */
function mayRetry(cause: unknown): boolean {
  return causeCode(cause) !== 'ENOTFOUND';
}

function causeCode(error: unknown): string {
  const inner = error instanceof Error ? (error.cause ?? error) : error;
  return typeof inner === 'object' && inner !== null && 'code' in inner ? String(inner.code) : '';
}

function unreachable(url: string, cause: unknown): DeployError {
  const { host } = new URL(url);
  const timedOut = cause instanceof Error && cause.name === 'TimeoutError';
  const reason = timedOut
    ? `no answer within ${requestTimeout / 1000} s`
    : causeCode(cause) || (cause instanceof Error ? cause.message : String(cause));
  return new DeployError(
    `Cannot reach registry ${host}: ${reason}.`,
    'Check the registry host and that this machine may connect to it.',
    { cause },
  );
}

function toAnswer(status: number, headers: IncomingHttpHeaders, body: Buffer): RegistryAnswer {
  const answer: RegistryAnswer = { status, headers, body, codes: [], message: '' };
  if (status < 400) return answer;
  const { errors } = (parseJson(body) ?? {}) as { errors?: { code?: unknown; message?: unknown }[] };
  if (!Array.isArray(errors)) return answer;
  answer.codes = errors.map(({ code }) => String(code ?? ''));
  answer.message = errors.map(({ message }) => String(message ?? '')).join('; ');
  return answer;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
