import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BAD_GATEWAY, toEvent, toResponse, type UrlResponse } from './function-url.ts';
import { MOST_PAYLOAD } from './invoke.ts';
import type { InvokeAnswer } from './runtime.ts';
import type { UrlState } from './state.ts';

/** Runs the function behind a URL; throws where there is none or it cannot run. */
export type UrlInvoker = (functionName: string, qualifier: string, payload: Buffer) => Promise<InvokeAnswer>;

/** Function URLs: for each a server on its own port of 127.0.0.1, which the state remembers. */
export class UrlServers {
  readonly #servers = new Map<UrlState, Server>();
  readonly #invoke: UrlInvoker;
  readonly #say: (line: string) => void;

  constructor(invoke: UrlInvoker, say: (line: string) => void) {
    this.#invoke = invoke;
    this.#say = say;
  }

  /** Listens on the URL's port, or where it has none yet or another program took it, on a free one. */
  async open(functionName: string, url: UrlState): Promise<void> {
    const server = createServer((request, response) => {
      this.#serve(functionName, url, request, response).catch((error: unknown) => {
        this.#say(`The function URL of ${functionName} failed: ${String(error)}`);
        if (response.headersSent) response.destroy();
        else send(response, BAD_GATEWAY, 'none');
      });
    });
    const wanted = url.port;
    try {
      url.port = await listen(server, wanted);
    } catch {
      url.port = await listen(server, 0);
      this.#say(`Port ${wanted} of the function URL of ${functionName} is taken: it is now ${url.port}.`);
    }
    this.#servers.set(url, server);
  }

  /** Ends a URL. */
  async close(url: UrlState): Promise<void> {
    const server = this.#servers.get(url);
    this.#servers.delete(url);
    if (!server) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  /** Ends all URLs. */
  async closeAll(): Promise<void> {
    await Promise.all([...this.#servers.keys()].map((url) => this.close(url)));
  }

  async #serve(
    functionName: string,
    url: UrlState,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const requestId = randomUUID();
    if (url.authType === 'AWS_IAM' && !request.headers.authorization)
      return send(response, FORBIDDEN, requestId);
    const body = await readBody(request);
    if (body.length > MOST_PAYLOAD) return send(response, TOO_LARGE, requestId);
    const event = toEvent({
      method: request.method ?? 'GET',
      target: request.url ?? '/',
      headers: request.headers,
      body,
      sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
      port: url.port,
      requestId,
    });
    const answer = await this.#invoke(functionName, url.qualifier, Buffer.from(JSON.stringify(event)));
    const result = answer.functionError
      ? BAD_GATEWAY
      : toResponse(answer.payload, url.invokeMode === 'RESPONSE_STREAM');
    send(response, result, requestId);
  }
}

const FORBIDDEN: UrlResponse = {
  status: 403,
  headers: { 'content-type': 'application/json', 'x-amzn-errortype': 'AccessDeniedException' },
  cookies: [],
  body: Buffer.from('{"Message":"Forbidden"}'),
};
const TOO_LARGE: UrlResponse = {
  status: 413,
  headers: { 'content-type': 'application/json', 'x-amzn-errortype': 'RequestEntityTooLargeException' },
  cookies: [],
  body: Buffer.from('{"Message":null}'),
};

function send(response: ServerResponse, result: UrlResponse, requestId: string): void {
  response.writeHead(result.status, {
    ...result.headers,
    'x-amzn-requestid': requestId,
    ...(result.cookies.length > 0 ? { 'set-cookie': result.cookies } : {}),
  });
  response.end(result.body);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
