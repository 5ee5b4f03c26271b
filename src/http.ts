import {
  type AgentOptions,
  globalAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
} from 'node:http';
import { globalAgent as globalTlsAgent, Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { Readable } from 'node:stream';

/** One HTTP request, all of it known beforehand. */
export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  headers: Readonly<Record<string, string>>;
  /** A stream needs its `content-length` among the headers. */
  body?: Uint8Array | string | Readable;
  /** Ends the request, and the reading of its answer's body. */
  signal: AbortSignal;
}

/** An answer whose body is still to be read. */
export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: IncomingMessage;
}

/**
 * Connections outlast a build, so that what follows the push finds one: opening one costs two or three round trips.
 * Load balancers keep idle ones for a minute. Node would close them after five seconds. All else is Node's own, such as
 * the proxy of NODE_USE_ENV_PROXY.
 */
const timeout = 60_000;
// Node's types lack the options of this one of the two.
const { options: plainOptions } = globalAgent as typeof globalAgent & { options: AgentOptions };
const plain = { send: plainRequest, agent: new PlainAgent({ ...plainOptions, timeout }) };
const tls = { send: tlsRequest, agent: new TlsAgent({ ...globalTlsAgent.options, timeout }) };

const redirects = [301, 302, 303, 307, 308];
const mostRedirects = 5;

/**
 * Sends a request and follows the redirects of one that reads, as ECR answers for a blob; the login goes to the first
 * host alone. It stands here because `fetch` takes 40 ms to load in Node, which is a tenth of a step that finds
 * nothing changed.
 * Source: RFC 9110, section 15.4.
 * @throws Error with `code` where there is no answer
 */
export async function sendHttp(url: string, request: HttpRequest): Promise<HttpAnswer> {
  let { headers } = request;
  let at = new URL(url);
  for (let followed = 0; ; followed += 1) {
    const body = await sendOnce(at, { ...request, headers });
    const { location } = body.headers;
    const status = body.statusCode ?? 0;
    if (
      !['GET', 'HEAD'].includes(request.method) ||
      !redirects.includes(status) ||
      !location ||
      followed === mostRedirects
    )
      return { status, headers: body.headers, body };
    body.resume();
    const next = new URL(location, at);
    if (next.protocol !== at.protocol && next.protocol !== 'https:')
      throw new Error(`${at.host} redirects to ${next.protocol}//${next.host}`);
    if (next.host !== at.host)
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'));
    at = next;
  }
}

function sendOnce(url: URL, { method, headers, body, signal }: HttpRequest): Promise<IncomingMessage> {
  const { send, agent } = url.protocol === 'https:' ? tls : plain;
  return new Promise((resolve, reject) => {
    const isStream = body instanceof Readable;
    const length = body && !isStream ? { 'content-length': String(Buffer.byteLength(body)) } : {};
    const options = { method, headers: { ...headers, ...length }, signal, agent };
    const begin = (): void => {
      const outgoing = send(url, options, resolve);
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // The other side may have let go of an idle connection just now: it has not read this request.
        if (outgoing.reusedSocket && error.code === 'ECONNRESET' && !isStream) begin();
        else reject(error);
      });
      if (!isStream) outgoing.end(body);
      else {
        body.on('error', (error) => outgoing.destroy(error));
        body.pipe(outgoing);
      }
    };
    begin();
  });
}

/**
 * Reads a body to its end.
 * @throws Error where it breaks off
 */
export async function readBody(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
