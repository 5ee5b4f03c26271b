import { createServer } from 'node:http';
import { createApp } from './app.js';
/**
 * How long open requests may take to finish after SIGTERM, in milliseconds. Lambda kills an environment 2 s after
 * the signal, so what is not done by then is better cut by us, with a line in the log.
 */
const GRACE_MS = 1500;
/** The port of `PORT`, 8080 unless set; 0 is any free one. */
function readPort(text = '8080') {
    const port = Number(text);
    if (!/^\d+$/.test(text) || port > 65535)
        fail(`PORT must be a number from 0 to 65535, not "${text}"`);
    return port;
}
/** Ends the process: it never came up. */
function fail(message) {
    process.stderr.write(`${message}\n`);
    process.exit(1);
}
const server = createServer(createApp({ rootPath: process.env.API_ROOT_PATH }));
/** Takes no more connections, lets open requests finish, and then the process ends by itself. */
function stop(signal) {
    process.stdout.write(`${signal}: finishing open requests\n`);
    // Also closes idle connections; and one that a request still keeps busy closes with its answer.
    server.close();
    server.closeIdleConnections();
    setTimeout(() => {
        process.stderr.write(`Cut off requests that were still open ${GRACE_MS} ms after ${signal}\n`);
        process.exitCode = 1;
        server.closeAllConnections();
    }, GRACE_MS).unref(); // unref: this timer alone must not keep the process alive.
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
server.on('error', (error) => fail(`Cannot listen: ${error.message}`));
// No host: IPv6 and IPv4 both, as the adapter asks on 127.0.0.1 and other platforms on either.
server.listen(readPort(process.env.PORT), () => {
    process.stdout.write(`Listening on port ${server.address().port}\n`);
});
