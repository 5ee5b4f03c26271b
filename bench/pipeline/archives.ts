import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join } from 'node:path';

export interface ArchiveServer {
  /** `http://127.0.0.1:PORT` */
  url: string;
  close(): Promise<void>;
}

const TYPES: Record<string, string> = { '.tgz': 'application/octet-stream', '.whl': 'application/zip' };

/** Serves a folder's archives as npm's registry and PyPI do: with a complete lockfile nothing else is asked for. */
export async function startArchiveServer(folder: string): Promise<ArchiveServer> {
  const server = createServer((request, response) => {
    const path = join(folder, basename(decodeURIComponent(request.url ?? '/')));
    const type = TYPES[extname(path)];
    const size = type && statSync(path, { throwIfNoEntry: false })?.size;
    if (!type || size === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
      return;
    }
    response.writeHead(200, { 'content-type': type, 'content-length': size });
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
