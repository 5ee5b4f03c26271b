import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** How far away a registry is. */
export interface Distance {
  name: string;
  /** Milliseconds from a request to the first byte of its answer. */
  latency: number;
  /** Bytes a second, all connections together. */
  bandwidth: number;
}

export interface RegistryProxy {
  /** `http://127.0.0.1:PORT` */
  url: string;
  setDistance(distance: Distance): void;
  close(): Promise<void>;
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

const FILES = 'https://files.pythonhosted.org/';
/** The first that fits; npm keeps a tarball's path and changes only the host, so its registry has no prefix. */
const UPSTREAMS: [prefix: string, origin: string][] = [
  ['/simple/', 'https://pypi.org/simple/'],
  ['/files/', FILES],
  ['/', 'https://registry.npmjs.org/'],
];
const PASSED_ON = ['content-type', 'cache-control', 'etag', 'last-modified'];

/**
 * Serves npm's and Python's registries from memory, so that the network beyond is measured by no one, at a distance
 * of one's choice. What is not in memory yet is fetched first.
 */
export async function startRegistryProxy(): Promise<RegistryProxy> {
  const known = new Map<string, Promise<Answer>>();
  let distance: Distance = { name: 'here', latency: 0, bandwidth: Number.POSITIVE_INFINITY };
  /** When the line is free again, in milliseconds of `performance.now()`. */
  let free = 0;

  async function fetchOnce(path: string, accept: string, self: string): Promise<Answer> {
    const [prefix = '', origin = ''] = UPSTREAMS.find(([start]) => path.startsWith(start)) ?? [];
    if (prefix === '') return { status: 404, headers: {}, body: Buffer.from('not found') };
    const response = await fetch(origin + path.slice(prefix.length), { headers: { accept } });
    const headers = Object.fromEntries(
      PASSED_ON.flatMap((name) => {
        const value = response.headers.get(name);
        return value === null ? [] : [[name, value]];
      }),
    );
    let body: Buffer = Buffer.from(await response.arrayBuffer());
    if (prefix === '/simple/') {
      // Compressed and with an ETag, as PyPI does; its ten minutes of freshness are over by the next run in CI.
      body = gzipSync(body.toString('utf8').replaceAll(FILES, `${self}/files/`));
      const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`;
      Object.assign(headers, { 'content-encoding': 'gzip', 'cache-control': 'max-age=0', etag });
    } else if (prefix === '/files/') headers['cache-control'] = 'max-age=365000000, immutable, public';
    return { status: response.status, headers, body };
  }

  async function send({ status, headers, body }: Answer, response: ServerResponse): Promise<void> {
    await sleep(distance.latency);
    response.writeHead(status, { ...headers, 'content-length': body.length });
    for (let at = 0; at < body.length; at += 65_536) {
      const piece = body.subarray(at, at + 65_536);
      free = Math.max(free, performance.now()) + (piece.length / distance.bandwidth) * 1000;
      // Short waits are owed until they add up: timers count in milliseconds.
      if (free - performance.now() > 2) await sleep(free - performance.now());
      response.write(piece);
    }
    response.end();
  }

  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const accept = request.headers.accept ?? '*/*';
    const self = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const key = `${accept} ${path}`;
    const answer = known.get(key) ?? fetchOnce(path, accept, self);
    known.set(key, answer);
    answer
      .then((found) => {
        if (request.headers['if-none-match'] && request.headers['if-none-match'] === found.headers.etag)
          return send({ ...found, status: 304, body: Buffer.alloc(0) }, response);
        return send(found, response);
      })
      .catch((error: unknown) => {
        known.delete(key);
        response.writeHead(502).end(String(error));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setDistance: (chosen) => {
      distance = chosen;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function sleep(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}
