import { request } from 'node:http';
import type { Environment } from '../github/inputs.ts';
import { readDockerConfig, userConfigFolder } from './config.ts';

/**
 * The unix socket by which docker reaches its Engine in this environment.
 * Source: docs.docker.com, "Docker contexts" and "Docker CLI": DOCKER_HOST stands before DOCKER_CONTEXT, and that
 * before the configuration's current context.
 * @returns undefined where the Engine is reached otherwise, or only a context's own file says how
 */
export async function engineSocket(env: Environment): Promise<string | undefined> {
  if (env.DOCKER_HOST) return /^unix:\/\/(\/.+)$/.exec(env.DOCKER_HOST)?.[1];
  const config = await readDockerConfig(userConfigFolder(env)).catch(() => undefined);
  const context = env.DOCKER_CONTEXT || (config?.currentContext ?? 'default');
  return config && context === 'default' && process.platform !== 'win32' ? '/var/run/docker.sock' : undefined;
}

/**
 * One GET of the Engine's HTTP API over its unix socket: a few milliseconds, where the docker program takes 50.
 * @param path with no version, as `/info`: the Engine's newest
 * @returns status 0 where nothing answers within `patience` milliseconds
 */
export async function engineGet(
  socket: string,
  path: string,
  patience = 2000,
): Promise<{ status: number; body: string }> {
  return await new Promise((resolve) => {
    const nothing = () => resolve({ status: 0, body: '' });
    const call = request({ socketPath: socket, path, timeout: patience, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', nothing);
    });
    call.on('timeout', () => call.destroy());
    call.on('error', nothing);
    call.end();
  });
}

/** Whether an Engine answers at this socket within `patience` milliseconds. */
export async function pings(socket: string, patience?: number): Promise<boolean> {
  return (await engineGet(socket, '/_ping', patience)).status === 200;
}

/** Whether the Engine has this image, by its name with tag. */
export async function hasImage(socket: string, name: string): Promise<boolean> {
  return (await engineGet(socket, `/images/${name}/json`)).status === 200;
}
