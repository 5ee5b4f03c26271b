import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type AppOptions, createApp } from '../src/app.ts';

/** An answer with its body read: JSON parsed, null where there is none. */
export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** Sends `body` as JSON, or as it is where it is a string. */
export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

/** A caller for the server at `origin`. */
export function callerFor(origin: string): Call {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    };
  };
}

/** The app on a free port until the test ends. */
export async function serve(options?: AppOptions): Promise<Call> {
  const server = createServer(createApp(options));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return callerFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
