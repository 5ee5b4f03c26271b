import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * HTTP to payload format 2.0 and back, as function URLs do it
 * (https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html).
 */

/** A request as it came in. */
export interface UrlRequest {
  method: string;
  /** Path and query, as on the request line. */
  target: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  sourceIp: string;
  /** Port of the URL. */
  port: number;
  requestId: string;
}

/** What goes back to the client. */
export interface UrlResponse {
  status: number;
  headers: Record<string, string>;
  cookies: string[];
  body: Buffer;
}

/** Content that goes into the event as text; all else goes as Base64. */
const TEXT = /^(text\/|application\/(json|xml|javascript|[\w.+-]+\+(json|xml))\b)/i;

/** The event that the function gets for a request. */
export function toEvent(request: UrlRequest): Record<string, unknown> {
  const [rawPath = '/', rawQueryString = ''] = splitOnce(request.target, '?');
  const { cookie, connection: _hopByHop, ...headers } = request.headers;
  const text =
    request.headers['content-encoding'] === undefined && TEXT.test(request.headers['content-type'] ?? '');
  const query = joinedQuery(rawQueryString);
  const host = request.headers.host ?? '';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    cookies: cookie === undefined ? undefined : cookie.split(/;\s*/),
    headers: {
      ...joinedHeaders(headers),
      'x-amzn-trace-id': `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`,
      'x-forwarded-for': request.sourceIp,
      'x-forwarded-port': String(request.port),
      'x-forwarded-proto': 'http',
    },
    queryStringParameters: Object.keys(query).length > 0 ? query : undefined,
    requestContext: {
      accountId: 'anonymous',
      apiId: `local${request.port}`,
      domainName: host,
      domainPrefix: `local${request.port}`,
      http: {
        method: request.method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: request.requestId,
      routeKey: '$default',
      stage: '$default',
      time: accessLogTime(new Date()),
      timeEpoch: Date.now(),
    },
    body: request.body.length === 0 ? undefined : request.body.toString(text ? 'utf8' : 'base64'),
    isBase64Encoded: request.body.length > 0 && !text,
  };
}

/**
 * The HTTP response for a function's result. A result with a `statusCode` is taken apart; any other is itself the
 * body of a 200 of type application/json, a JSON string without its quotes.
 * @param streamed take it as what a function writes in streaming mode: a JSON prelude, 8 NUL bytes, the body; what has
 *   no prelude is passed on byte for byte, so that clients see the JSON of a whole answer
 */
export function toResponse(payload: Buffer, streamed: boolean): UrlResponse {
  if (streamed) {
    const split = payload.indexOf(Buffer.alloc(8));
    if (split < 0)
      return {
        status: 200,
        headers: { 'content-type': 'application/octet-stream' },
        cookies: [],
        body: payload,
      };
    const prelude = parse(payload.subarray(0, split).toString('utf8'));
    return described(isObject(prelude) ? prelude : {}, payload.subarray(split + 8));
  }
  const text = payload.toString('utf8');
  const result = parse(text);
  if (isObject(result) && 'statusCode' in result) {
    const body = result.body ?? '';
    const bodyText = typeof body === 'string' ? body : JSON.stringify(body);
    return described(result, Buffer.from(bodyText, result.isBase64Encoded === true ? 'base64' : 'utf8'));
  }
  const body = Buffer.from(typeof result === 'string' ? result : text);
  return { status: 200, headers: { 'content-type': 'application/json' }, cookies: [], body };
}

function described(result: Record<string, unknown>, body: Buffer): UrlResponse {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (isObject(result.headers))
    for (const [name, value] of Object.entries(result.headers)) headers[name.toLowerCase()] = String(value);
  // Node computes it; one that the function got wrong would break the connection.
  delete headers['content-length'];
  delete headers['transfer-encoding'];
  const status = Number(result.statusCode ?? 200);
  const cookies = Array.isArray(result.cookies) ? result.cookies.map(String) : [];
  return Number.isInteger(status) && status >= 200 && status <= 599
    ? { status, headers, cookies, body }
    : BAD_GATEWAY;
}

/** What a client of a function URL gets when the function failed. */
export const BAD_GATEWAY: UrlResponse = {
  status: 502,
  headers: { 'content-type': 'application/json' },
  cookies: [],
  body: Buffer.from('Internal Server Error'),
};

function joinedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : value]],
    ),
  );
}

/** Repeated parameters become one, their values joined by commas. */
function joinedQuery(raw: string): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(raw))
    query[name] = name in query ? `${query[name]},${value}` : value;
  return query;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** `24/Nov/2026:09:05:01 +0000` */
function accessLogTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
