import { mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { dirname, isAbsolute, join } from 'node:path';
import { engineGet } from '../../src/docker/engine-api.ts';
import type { DockerCommand } from '../../src/local/parts/index.ts';

/** An Engine that says of itself that it has the old image store. */
export interface OldStoreEngine {
  /** Folders for PATH, so that `docker` is found. */
  path: string[];
  /** By which docker reaches it. */
  env: { DOCKER_HOST: string };
  close(): Promise<void>;
}

/**
 * Stands before a real Engine and says for it that it has the old image store, as GitHub's hosted runners start theirs:
 * the Engines here always have containerd's, with which the build action would need no Engine of its own. Everything
 * else goes to the real one as it is, the streams of builds included.
 * @param folder for the socket; made where missing
 */
export async function startOldStoreEngine(folder: string, docker: DockerCommand): Promise<OldStoreEngine> {
  await mkdir(folder, { recursive: true });
  const real = (docker.env.DOCKER_HOST ?? '').replace('unix://', '');
  const socket = join(folder, 'docker.sock');
  const open = new Set<Socket>();
  const server = createServer((client) => {
    open.add(client);
    client.on('close', () => open.delete(client)).on('error', () => client.destroy());
    client.once('data', (head) => {
      if (/^GET (\/v[\d.]+)?\/info /.test(head.toString('latin1'))) void answerInfo(client, real);
      else forward(client, head, real);
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    path: isAbsolute(docker.program) ? [dirname(docker.program)] : [],
    env: { DOCKER_HOST: `unix://${socket}` },
    async close() {
      for (const client of open) client.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(socket, { force: true });
    },
  };
}

async function answerInfo(client: Socket, real: string): Promise<void> {
  const { body } = await engineGet(real, '/info');
  const info = { ...(JSON.parse(body) as object), DriverStatus: [['Backing Filesystem', 'extfs']] };
  const text = JSON.stringify(info);
  const head = ['HTTP/1.1 200 OK', 'Content-Type: application/json', 'Connection: close'];
  client.end([...head, `Content-Length: ${Buffer.byteLength(text)}`, '', text].join('\r\n'));
}

function forward(client: Socket, head: Buffer, real: string): void {
  const engine = connect(real);
  engine.write(head);
  engine.on('error', () => client.destroy());
  client.on('close', () => engine.destroy());
  engine.on('close', () => client.destroy());
  client.pipe(engine).pipe(client);
}
