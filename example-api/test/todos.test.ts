import { describe, expect, test } from 'vitest';
import type { Todo } from '../src/todos.ts';
import { type Call, serve } from './serve.ts';

/** Makes a todo through the API. */
async function create(call: Call, values: object = { title: 'milk' }): Promise<Todo> {
  const { status, body } = await call('POST', '/todos', values);
  expect(status).toBe(201);
  return body as Todo;
}

/** The error body with these problems. */
const invalid = (...problems: { field: string | null; message: string }[]) => ({
  error: { status: 400, message: 'The request body is not valid', problems },
});

test('there are no todos at first', async () => {
  const call = await serve();
  expect(await call('GET', '/todos')).toMatchObject({ status: 200, body: [] });
});

test('a todo is created with its address, read, replaced, changed in part and deleted', async () => {
  const call = await serve();
  const created = await call('POST', '/todos', { title: '  milk ' });
  const todo = created.body as Todo;
  expect(created.status).toBe(201);
  expect(todo).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    title: 'milk',
    completed: false,
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    updatedAt: todo.createdAt,
  });
  const path = `/todos/${todo.id}`;
  expect(created.headers.get('location')).toBe(path);
  expect(await call('GET', path)).toMatchObject({ status: 200, body: todo });
  expect(await call('GET', '/todos')).toMatchObject({ status: 200, body: [todo] });

  const replaced = await call('PUT', path, { title: 'bread', completed: true });
  expect(replaced).toMatchObject({ status: 200, body: { id: todo.id, title: 'bread', completed: true } });
  const changed = await call('PATCH', path, { completed: false });
  expect(changed).toMatchObject({
    status: 200,
    body: { title: 'bread', completed: false, createdAt: todo.createdAt },
  });

  expect(await call('DELETE', path)).toMatchObject({ status: 204, body: null });
  expect(await call('GET', path)).toMatchObject({ status: 404 });
  expect(await call('GET', '/todos')).toMatchObject({ body: [] });
});

test('todos are listed in the order they were made', async () => {
  const call = await serve();
  const first = await create(call, { title: 'one' });
  await create(call, { title: 'two' });
  await call('PATCH', `/todos/${first.id}`, { title: 'ONE' });
  expect((await call('GET', '/todos')).body).toMatchObject([{ title: 'ONE' }, { title: 'two' }]);
});

describe('a body that is not valid answers 400 and names each field', () => {
  const empty = { field: 'title', message: 'Must not be empty' };
  const atLeastOne = { field: null, message: 'At least one of title and completed is needed' };
  test.each([
    ['POST', '', [{ field: 'title', message: 'Is required' }]],
    ['POST', {}, [{ field: 'title', message: 'Is required' }]],
    ['POST', { title: ' ' }, [empty]],
    ['POST', { title: 'x'.repeat(201) }, [{ field: 'title', message: 'Must have at most 200 characters' }]],
    [
      'POST',
      { title: 1, completed: 'yes' },
      [
        { field: 'title', message: 'Must be a string' },
        { field: 'completed', message: 'Must be a boolean' },
      ],
    ],
    [
      'POST',
      '{"title":"a","__proto__":{},"id":"1"}',
      [
        { field: '__proto__', message: 'Unknown field' },
        { field: 'id', message: 'Unknown field' },
      ],
    ],
    ['PUT', { title: 'a' }, [{ field: 'completed', message: 'Is required' }]],
    ['PATCH', { title: '' }, [empty]],
    ['PATCH', { title: null }, [{ field: 'title', message: 'Must be a string' }]],
    ['PATCH', {}, [atLeastOne]],
  ])('%s %j', async (method, body, problems) => {
    const call = await serve();
    const path = method === 'POST' ? '/todos' : `/todos/${(await create(call)).id}`;
    expect(await call(method, path, body)).toMatchObject({ status: 400, body: invalid(...problems) });
  });

  test('a list is not a JSON object', async () => {
    const call = await serve();
    expect(await call('POST', '/todos', [])).toMatchObject({
      status: 400,
      body: { error: { message: 'The request body must be a JSON object' } },
    });
  });

  test.each(['{"title":', '"text"', 'null'])('%s is refused as malformed', async (body) => {
    const call = await serve();
    expect(await call('POST', '/todos', body)).toMatchObject({
      status: 400,
      body: { error: { status: 400, message: 'The request body is not valid JSON' } },
    });
  });

  test('what was refused has changed nothing', async () => {
    const call = await serve();
    const todo = await create(call);
    await call('PATCH', `/todos/${todo.id}`, { title: 'bread', completed: 3 });
    expect((await call('GET', '/todos')).body).toEqual([todo]);
  });
});

describe('other errors', () => {
  test.each([
    ['GET', undefined],
    ['PUT', { title: 1 }],
    ['PATCH', { title: 'a' }],
    ['DELETE', undefined],
  ])('%s of an unknown id answers 404', async (method, body) => {
    const call = await serve();
    expect(await call(method, '/todos/7', body)).toMatchObject({
      status: 404,
      body: { error: { status: 404, message: 'There is no todo 7' } },
    });
  });

  test('a method that a path does not have answers 405 with Allow', async () => {
    const call = await serve();
    const list = await call('DELETE', '/todos');
    expect(list.status).toBe(405);
    expect(list.headers.get('allow')).toBe('GET, HEAD, POST, OPTIONS');
    expect(list.body).toMatchObject({ error: { status: 405 } });
    const one = await call('POST', '/todos/7', { title: 'a' });
    expect(one.status).toBe(405);
    expect(one.headers.get('allow')).toBe('GET, HEAD, PUT, PATCH, DELETE, OPTIONS');
  });

  test('OPTIONS answers 204 with Allow', async () => {
    const call = await serve();
    const { status, headers } = await call('OPTIONS', '/todos');
    expect([status, headers.get('allow')]).toEqual([204, 'GET, HEAD, POST, OPTIONS']);
  });

  test('a body over 100 kB answers 413', async () => {
    const call = await serve();
    expect(await call('POST', '/todos', { title: 'x'.repeat(102_400) })).toMatchObject({
      status: 413,
      body: { error: { status: 413, message: 'The request body is too large' } },
    });
  });

  test('a body of another type or encoding answers 415', async () => {
    const call = await serve();
    expect(await call('POST', '/todos', 'title=a', { 'content-type': 'text/plain' })).toMatchObject({
      status: 415,
      body: { error: { message: 'The request body must be application/json' } },
    });
    expect(await call('POST', '/todos', '{}', { 'content-encoding': 'zip' })).toMatchObject({ status: 415 });
  });
});
