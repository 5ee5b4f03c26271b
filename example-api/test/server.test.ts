import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { callerFor } from './serve.ts';

const main = new URL('../src/server.ts', import.meta.url).pathname;

interface Started {
  process: ChildProcess;
  port: number;
  /** Exit code, signal and time since this was asked, in milliseconds. */
  ended: () => Promise<{ code: number | null; signal: string | null; ms: number }>;
  output: () => string;
}

/** Runs the server as the image does, with nothing in its environment but `env`. */
function run(env: Record<string, string>): Omit<Started, 'port'> {
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  return {
    process: child,
    ended: async () => {
      const start = performance.now();
      const [code, signal] = (await exit) as [number | null, string | null];
      return { code, signal, ms: performance.now() - start };
    },
    output: () => output,
  };
}

/** Runs the server on a free port and waits until it listens. */
async function start(env: Record<string, string> = {}): Promise<Started> {
  const started = run({ PORT: '0', ...env });
  while (!started.output().includes('\n')) {
    await Promise.race([
      once(started.process.stdout ?? started.process, 'data'),
      once(started.process, 'exit'),
    ]);
    if (started.process.exitCode !== null) throw new Error(started.output());
  }
  return { ...started, port: Number(/Listening on port (\d+)\n/.exec(started.output())?.[1]) };
}

/** A POST that is half sent: the server holds it open until `finish` sends the rest. */
async function halfSent(port: number, agent = new Agent()) {
  const body = JSON.stringify({ title: 'milk' });
  const post = request({
    port,
    agent,
    method: 'POST',
    path: '/todos',
    headers: { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' },
  });
  const answer = once(post, 'response') as Promise<[IncomingMessage]>;
  const broken = once(post, 'error');
  post.flushHeaders();
  // The server answers "continue" once it has the request in hand.
  await once(post, 'continue');
  post.write(body.slice(0, 5));
  return { answer, broken, finish: () => post.end(body.slice(5)) };
}

test('PORT and API_ROOT_PATH are read from the environment', async () => {
  const { port } = await start({ API_ROOT_PATH: 'prod/' });
  const call = callerFor(`http://127.0.0.1:${port}`);
  expect(await call('GET', '/prod/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await call('GET', '/health')).toMatchObject({ status: 200 });
});

test.each(['abc', '-1', '65536', '80.5', ' ', ''])('a PORT of "%s" is refused', async (PORT) => {
  const server = run({ PORT });
  expect(await server.ended()).toMatchObject({ code: 1 });
  expect(server.output()).toBe(`PORT must be a number from 0 to 65535, not "${PORT}"\n`);
});

test('a port in use is an error in one line', async () => {
  const other = createServer().listen(0);
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const address = other.address();
  const server = run({ PORT: String(typeof address === 'object' ? address?.port : '') });
  expect(await server.ended()).toMatchObject({ code: 1 });
  expect(server.output()).toMatch(/^Cannot listen: listen EADDRINUSE.*\n$/);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends an idle server at once, idle connections or not',
  async (signal) => {
    const server = await start();
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const get = request({ port: server.port, agent, path: '/health' }).end();
    const [response] = (await once(get, 'response')) as [IncomingMessage];
    await text(response);
    server.process.kill(signal);
    const end = await server.ended();
    expect(end).toMatchObject({ code: 0, signal: null });
    expect(end.ms).toBeLessThan(1000);
  },
);

test('SIGTERM takes no new connections, and finishes what is open', async () => {
  const server = await start();
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const open = await halfSent(server.port, agent);
  server.process.kill('SIGTERM');
  while (!server.output().includes('SIGTERM')) await once(server.process.stdout ?? server.process, 'data');
  await expect(fetch(`http://127.0.0.1:${server.port}/health`)).rejects.toThrow('fetch failed');

  open.finish();
  const [response] = await open.answer;
  expect(response.statusCode).toBe(201);
  expect(JSON.parse(await text(response))).toMatchObject({ title: 'milk' });
  const end = await server.ended();
  expect(end).toMatchObject({ code: 0, signal: null });
  // The connection could be kept alive, but must not keep the server.
  expect(end.ms).toBeLessThan(1000);
});

test('a request that never ends is cut off after the grace time', async () => {
  const server = await start();
  const open = await halfSent(server.port);
  open.answer.catch(() => {});
  server.process.kill('SIGTERM');
  const end = await server.ended();
  expect(end).toMatchObject({ code: 1, signal: null });
  expect(end.ms).toBeGreaterThan(1000);
  expect(end.ms).toBeLessThan(2000);
  await open.broken;
  expect(server.output()).toContain('Cut off open requests (1) 1500 ms after SIGTERM');
});

test('a connection that never asked for anything holds the end up no longer than that, and is no failure', async () => {
  const server = await start();
  const socket = connect(server.port).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  // An answer on a later connection shows that the server has accepted this one.
  await fetch(`http://127.0.0.1:${server.port}/health`);
  server.process.kill('SIGTERM');
  const end = await server.ended();
  expect(end).toMatchObject({ code: 0, signal: null });
  expect(end.ms).toBeLessThan(2000);
});
