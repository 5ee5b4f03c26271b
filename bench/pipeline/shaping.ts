import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** How far away a service is. */
export interface Distance {
  /** Round trip in milliseconds. */
  roundTrip: number;
  /** Megabytes (10^6 bytes) a second, all connections together, towards the service and from it. */
  up: number;
  down: number;
}

/** What went through a proxy. Bytes are those of bodies. */
export interface Traffic {
  requests: number;
  bytesUp: number;
  bytesDown: number;
}

export interface ShapingProxy {
  /** `localhost:PORT` */
  host: string;
  traffic(): Traffic;
  close(): Promise<void>;
}

export interface ShapingOptions {
  /** `http://127.0.0.1:PORT` of the service. */
  target: string;
  distance: Distance;
  /** Sent to the service with each request, as the sign-in that a public registry does not ask for. */
  headers?: Record<string, string>;
  /** Where answers in JSON name the service's own address, it is replaced by the proxy's. */
  hideTarget?: boolean;
  /** How to wait so many milliseconds; the clock's own way where absent. */
  sleep?: (ms: number) => Promise<void>;
}

/** TCP's handshake and that of TLS 1.3 take a round trip each before a new connection's first request. */
const HANDSHAKES = 2;
const PIECE = 65_536;

/** Lets a number of bytes a second through; who comes later waits for those before. */
export class Line {
  #free = 0;
  readonly #bytesPerMs: number;

  /** @param megabytes (10^6 bytes) a second */
  constructor(megabytes: number) {
    this.#bytesPerMs = megabytes * 1000;
  }

  /** @returns milliseconds from `now` until these bytes have passed */
  wait(bytes: number, now: number): number {
    this.#free = Math.max(this.#free, now) + bytes / this.#bytesPerMs;
    return this.#free - now;
  }
}

/** Starts a proxy on a free port of 127.0.0.1 that puts a distance between its clients and one HTTP service. */
export async function startShapingProxy(options: ShapingOptions): Promise<ShapingProxy> {
  const { distance, sleep = clockSleep } = options;
  const traffic: Traffic = { requests: 0, bytesUp: 0, bytesDown: 0 };
  const lines = { up: new Line(distance.up), down: new Line(distance.down) };
  const agent = new Agent({ keepAlive: true });
  const known = new WeakSet<Socket>();
  let host = '';

  function shaped(line: Line, key: 'bytesUp' | 'bytesDown'): Transform {
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        void (async () => {
          for (let at = 0; at < chunk.length; at += PIECE) {
            const piece = chunk.subarray(at, at + PIECE);
            traffic[key] += piece.length;
            const wait = line.wait(piece.length, performance.now());
            // Timers count in milliseconds: short waits are owed until they add up.
            if (wait > 2) await sleep(wait);
            this.push(piece);
          }
          done();
        })();
      },
    });
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    traffic.requests += 1;
    const trips = known.has(incoming.socket) ? 1 : 1 + HANDSHAKES;
    known.add(incoming.socket);
    // All of it before the request goes on: the client cannot tell the way there from the way back.
    await sleep(distance.roundTrip * trips);
    const answer = await forward(incoming);
    const headers = { ...answer.headers };
    const isJson = /json/.test(headers['content-type'] ?? '');
    if (options.hideTarget && isJson) {
      const text = await bodyOf(answer);
      const body = Buffer.from(text.replaceAll(options.target, `http://${host}`));
      traffic.bytesDown += body.length;
      delete headers['transfer-encoding'];
      response.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': body.length });
      response.end(body);
      return;
    }
    response.writeHead(answer.statusCode ?? 502, headers);
    await pipeline(answer, shaped(lines.down, 'bytesDown'), response);
  }

  function forward(incoming: IncomingMessage): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = request(options.target + (incoming.url ?? '/'), {
        method: incoming.method,
        headers: { ...incoming.headers, ...options.headers },
        agent,
      });
      outgoing.on('response', resolve);
      outgoing.on('error', reject);
      pipeline(incoming, shaped(lines.up, 'bytesUp'), outgoing).catch(reject);
    });
  }

  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, (incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `localhost:${(server.address() as AddressInfo).port}`;
  return {
    host,
    traffic: () => ({ ...traffic }),
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What went through between two readings. */
export function trafficBetween(before: Traffic, after: Traffic): Traffic {
  return {
    requests: after.requests - before.requests,
    bytesUp: after.bytesUp - before.bytesUp,
    bytesDown: after.bytesDown - before.bytesDown,
  };
}

async function bodyOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk;
  return text;
}

async function clockSleep(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}
