import { execFile } from 'node:child_process';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { readBody, sendHttp } from '../src/http.ts';
import { type HttpServer, startHttpServer } from './support/http-server.ts';

const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(answer: HttpServer['answer']): Promise<HttpServer> {
  const server = await startHttpServer();
  servers.push(server);
  server.answer = answer;
  return server;
}

const redirect = (status: number, location: string): HttpServer['answer'] => {
  return (response) => void response.writeHead(status, { location }).end();
};
const signal = () => AbortSignal.timeout(5_000);
const login = { authorization: 'Basic QVdTOnNlY3JldA==' };

it('follows a redirect and leaves the login behind where it leads to another host', async () => {
  const store = await serve((response, request) =>
    response.end(`${request.url} '${request.headers.authorization ?? ''}'`),
  );
  const registry = await serve(redirect(307, `${store.url}/layer?signature=1`));
  const get = { method: 'GET' as const, headers: login, signal: signal() };
  const { status, body } = await sendHttp(`${registry.url}/blob`, get);
  expect([status, (await readBody(body)).toString()]).toEqual([200, "/layer?signature=1 ''"]);
});

it('keeps the login on the same host', async () => {
  const registry = await serve((response, request) =>
    request.url === '/old'
      ? redirect(302, '/new')(response, request)
      : response.end(request.headers.authorization),
  );
  const { body } = await sendHttp(`${registry.url}/old`, { method: 'GET', headers: login, signal: signal() });
  expect((await readBody(body)).toString()).toBe(login.authorization);
});

it('leaves the redirect of a request that writes to its caller', async () => {
  const registry = await serve(redirect(307, '/elsewhere'));
  const put = { method: 'PUT' as const, headers: {}, body: 'manifest', signal: signal() };
  expect((await sendHttp(`${registry.url}/tag`, put)).status).toBe(307);
  expect(registry.requests).toEqual(['PUT /tag']);
});

it('ends at a redirect that never leads anywhere', async () => {
  const registry = await serve(redirect(302, '/again'));
  const { status } = await sendHttp(registry.url, { method: 'GET', headers: {}, signal: signal() });
  expect([status, registry.requests.length]).toEqual([302, 6]);
});

it('refuses a redirect to another protocol', async () => {
  const registry = await serve(redirect(302, 'ftp://127.0.0.1/layer'));
  const sent = sendHttp(registry.url, { method: 'GET', headers: {}, signal: signal() });
  await expect(sent).rejects.toThrow('redirects to ftp://127.0.0.1');
});

it('breaks off when its time is over, also while the body is read', async () => {
  const server = await serve((response) => void response.writeHead(200).write('half'));
  const abort = new AbortController();
  const { body } = await sendHttp(server.url, { method: 'GET', headers: {}, signal: abort.signal });
  const reading = readBody(body);
  abort.abort();
  await expect(reading).rejects.toThrow();
});

it('sends a request again whose idle connection the other side let go of', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    let requests = 0;
    socket.on('error', () => {});
    socket.on('data', () => {
      requests += 1;
      if (requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      else socket.resetAndDestroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  for (const method of ['GET', 'PUT'] as const) {
    const { status, body } = await sendHttp(url, { method, headers: {}, body: '', signal: signal() });
    expect([status, (await readBody(body)).toString()]).toEqual([200, 'ok']);
  }
  expect(connections).toBe(2);
});

it('goes through the proxy that Node is told of', async () => {
  const proxy = await serve((response, request) => response.end(`by proxy to ${request.url}`));
  const program = `
    const { readBody, sendHttp } = await import(${JSON.stringify(join(import.meta.dirname, '..', 'src', 'http.ts'))});
    const request = { method: 'GET', headers: {}, signal: AbortSignal.timeout(5000) };
    const { body } = await sendHttp('http://registry.example/v2/', request);
    console.log((await readBody(body)).toString());
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    env: { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.url },
  });
  expect(stdout.trim()).toBe('by proxy to http://registry.example/v2/');
});
