import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from './app.ts';

/**
 * How long open requests may take to finish after SIGTERM, in milliseconds. Lambda kills an environment 2 s after
 * the signal, so what is not done by then is better cut by us, with a line in the log.
 */
const GRACE_MS = 1500;

/** The port of `PORT`, 8080 unless set; 0 is any free one. */
function readPort(text = '8080'): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) fail(`PORT must be a number from 0 to 65535, not "${text}"`);
  return port;
}

/** Ends the process: it never came up. */
function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

const server = createServer(createApp({ rootPath: process.env.API_ROOT_PATH }));

let openRequests = 0;
server.on('request', (_req, res) => {
  openRequests += 1;
  res.once('close', () => {
    openRequests -= 1;
    // A client that keeps its connection would keep the process too: while stopping, the last answer closes it.
    if (!server.listening) server.closeIdleConnections();
  });
});

/** Takes no more connections and lets open requests finish; the process then ends by itself. */
function stop(signal: NodeJS.Signals): void {
  process.stdout.write(`${signal}: finishing open requests\n`);
  server.close(); // Idle connections are closed too.
  setTimeout(() => {
    if (openRequests > 0) {
      process.stderr.write(`Cut off open requests (${openRequests}) ${GRACE_MS} ms after ${signal}\n`);
      process.exitCode = 1;
    }
    server.closeAllConnections();
  }, GRACE_MS).unref(); // unref: this timer alone must not keep the process alive.
}

process.once('SIGTERM', stop);
process.once('SIGINT', stop);

server.on('error', (error) => fail(`Cannot listen: ${error.message}`));
// No host: IPv6 and IPv4 both, as the adapter asks on 127.0.0.1 and other platforms on either.
server.listen(readPort(process.env.PORT), () => {
  process.stdout.write(`Listening on port ${(server.address() as AddressInfo).port}\n`);
});
