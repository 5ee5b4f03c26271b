import { describe, expect, test, vi } from 'vitest';
import { normalizeRootPath } from '../src/app.ts';
import { TodoStore } from '../src/todos.ts';
import { serve } from './serve.ts';

test('/health says ok', async () => {
  const call = await serve();
  expect(await call('GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await call('HEAD', '/health')).toMatchObject({ status: 200, body: null });
  const post = await call('POST', '/health');
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
});

test('an unknown path answers 404 in JSON', async () => {
  const call = await serve();
  const { status, headers, body } = await call('GET', '/nothing/here');
  expect([status, headers.get('content-type')]).toEqual([404, 'application/json; charset=utf-8']);
  expect(body).toEqual({ error: { status: 404, message: 'There is no /nothing/here' } });
  expect(headers.get('x-powered-by')).toBeNull();
});

test('a path that cannot be decoded answers 400', async () => {
  const call = await serve();
  expect(await call('GET', '/todos/%E0%A4')).toMatchObject({
    status: 400,
    body: { error: { message: 'The request cannot be read' } },
  });
});

test('an unexpected error answers 500, tells the client nothing and the log everything', async () => {
  class BrokenStore extends TodoStore {
    override list(): never {
      throw new Error('the database password is hunter2');
    }
  }
  const log = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const call = await serve({ store: new BrokenStore() });
  const { status, body } = await call('GET', '/todos');
  const lines = log.mock.calls.map(([line]) => String(line));
  log.mockRestore();
  expect([status, body]).toEqual([500, { error: { status: 500, message: 'Internal server error' } }]);
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'error',
    method: 'GET',
    path: '/todos',
    cause: expect.stringContaining('hunter2'),
  });
});

describe('root path', () => {
  test.each([
    [undefined, ''],
    ['', ''],
    ['/', ''],
    ['prod', '/prod'],
    ['/prod', '/prod'],
    [' //prod// ', '/prod'],
    ['/api/prod/', '/api/prod'],
  ])('%j is %j', (given, expected) => {
    expect(normalizeRootPath(given)).toBe(expected);
  });

  test.each(['/prod', 'prod', '/prod/'])('%s: served with the prefix and without', async (rootPath) => {
    const call = await serve({ rootPath });
    for (const prefix of ['', '/prod']) {
      expect(await call('GET', `${prefix}/health`)).toMatchObject({ status: 200 });
      const { status, headers } = await call('POST', `${prefix}/todos`, { title: 'milk' });
      expect(status).toBe(201);
      expect(headers.get('location')).toMatch(new RegExp(`^${prefix}/todos/[0-9a-f-]{36}$`));
      expect(await call('GET', headers.get('location') ?? '')).toMatchObject({ status: 200 });
    }
    // One store behind both.
    expect((await call('GET', '/prod/todos')).body).toHaveLength(2);
  });

  test('only the whole prefix counts, and once', async () => {
    const call = await serve({ rootPath: '/prod' });
    for (const path of ['/production/health', '/dev/health', '/prod/prod/health', '/prod', '/']) {
      expect(await call('GET', path), path).toMatchObject({
        status: 404,
        body: { error: { message: `There is no ${path}` } },
      });
    }
  });

  test('a prefix is text, not a pattern', async () => {
    const call = await serve({ rootPath: '/:stage(a)*' });
    expect(await call('GET', '/:stage(a)*/health')).toMatchObject({ status: 200 });
    expect(await call('GET', '/x/health')).toMatchObject({ status: 404 });
  });
});
