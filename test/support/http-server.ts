import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that a test answers for. */
export interface HttpServer {
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** `x-amz-target` or else `METHOD path` of each request, in order. */
  requests: string[];
  /** Answers, or leaves the client waiting. */
  answer: (response: ServerResponse, request: IncomingMessage) => void;
  close(): Promise<void>;
}

/** Starts it on a free port; until it is told otherwise it answers 500. */
export async function startHttpServer(): Promise<HttpServer> {
  const server = createServer((request, response) => {
    request.resume();
    const target = request.headers['x-amz-target'];
    standIn.requests.push(typeof target === 'string' ? target : `${request.method} ${request.url}`);
    standIn.answer(response, request);
  });
  const standIn: HttpServer = {
    url: '',
    requests: [],
    answer: (response) => void response.writeHead(500).end(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  standIn.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return standIn;
}

/** Answers as the JSON protocols of AWS do. */
export function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
}
