import { expect, it } from 'vitest';

/** An answer with its body read: JSON parsed, null where there is none. */
interface Answer {
  status: number;
  /** Without its parameters, as `application/json`. */
  mediaType: string;
  headers: Headers;
  body: unknown;
}

type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

/** A caller below `origin`, which ends without a slash. Sends `body` as JSON, or as it is where it is a string. */
function callerFor(origin: string): Call {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      mediaType: response.headers.get('content-type')?.split(';')[0] ?? '',
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    };
  };
}

const problem = (field: string | null, message: string) => ({ field, message });
const refused = (status: number, message: string) => ({ status, body: { error: { status, message } } });
const invalid = (...problems: object[]) => ({
  status: 400,
  body: { error: { status: 400, message: 'The request body is not valid', problems } },
});
const required = problem('title', 'Is required');

/** A refusal of a body: method, path (`ID` is a todo's that is there), body, and the answer. */
const REFUSALS: [string, string, unknown, object][] = [
  ['POST', '/todos', {}, invalid(required)],
  ['POST', '/todos', { title: ' ' }, invalid(problem('title', 'Must not be empty'))],
  [
    'POST',
    '/todos',
    { title: 'x'.repeat(201) },
    invalid(problem('title', 'Must have at most 200 characters')),
  ],
  [
    'POST',
    '/todos',
    { title: 1, completed: 'yes' },
    invalid(problem('title', 'Must be a string'), problem('completed', 'Must be a boolean')),
  ],
  [
    'POST',
    '/todos',
    '{"title":"a","__proto__":{},"id":"1"}',
    invalid(problem('__proto__', 'Unknown field'), problem('id', 'Unknown field')),
  ],
  ['PUT', '/todos/ID', { title: 'a' }, invalid(problem('completed', 'Is required'))],
  ['PATCH', '/todos/ID', { title: null }, invalid(problem('title', 'Must be a string'))],
  ['PATCH', '/todos/ID', {}, invalid(problem(null, 'At least one of title and completed is needed'))],
  ['POST', '/todos', [], refused(400, 'The request body must be a JSON object')],
  ['POST', '/todos', '{"title":', refused(400, 'The request body is not valid JSON')],
  ['POST', '/todos', '"text"', refused(400, 'The request body is not valid JSON')],
  ['POST', '/todos', 'null', refused(400, 'The request body is not valid JSON')],
  ['POST', '/todos', '{"title":NaN}', refused(400, 'The request body is not valid JSON')],
  ['POST', '/todos', { title: 'x'.repeat(102_400) }, refused(413, 'The request body is too large')],
  ['PUT', '/todos/7', { title: 1 }, refused(404, 'There is no todo 7')],
  ['PATCH', '/todos/7', { title: 'a' }, refused(404, 'There is no todo 7')],
  ['PUT', '/todos/7', '{', refused(400, 'The request body is not valid JSON')],
  ['DELETE', '/todos/7', undefined, refused(404, 'There is no todo 7')],
  ['GET', '/todos/7', undefined, refused(404, 'There is no todo 7')],
  ['GET', '/todos/%E0%A4', undefined, refused(400, 'The request cannot be read')],
];

/**
 * What the examples answer over HTTP, whatever they are written in: registers the tests of one running API.
 * @param origin asked when the tests run: the URL with the prefix under test, without a slash at the end
 * @param prefix that prefix, as `/prod`; empty for none
 */
export function httpSuite(origin: () => string, prefix: string): void {
  const call: Call = (...request) => callerFor(origin())(...request);
  const create = async (title: string): Promise<{ id: string }> => {
    const { status, body } = await call('POST', '/todos', { title });
    expect(status).toBe(201);
    return body as { id: string };
  };

  it('is healthy', async () => {
    expect(await call('GET', '/health')).toMatchObject({
      status: 200,
      mediaType: 'application/json',
      body: { status: 'ok' },
    });
    expect(await call('HEAD', '/health')).toMatchObject({ status: 200, body: null });
  });

  it('creates a todo with its address, reads, replaces, changes and deletes it', async () => {
    const created = await call('POST', '/todos', { title: '  milk ✓ ' });
    const todo = created.body as { id: string; createdAt: string };
    expect(created.status).toBe(201);
    expect(todo).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      title: 'milk ✓',
      completed: false,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updatedAt: todo.createdAt,
    });
    const path = `/todos/${todo.id}`;
    expect(created.headers.get('location')).toBe(`${prefix}${path}`);
    expect(await call('GET', path)).toMatchObject({ status: 200, body: todo });
    expect(await call('HEAD', path)).toMatchObject({ status: 200, body: null });
    expect((await call('GET', '/todos')).body).toContainEqual(todo);
    expect(await call('PUT', path, { title: 'bread', completed: true })).toMatchObject({
      status: 200,
      body: { id: todo.id, title: 'bread', completed: true, createdAt: todo.createdAt },
    });
    expect(await call('PATCH', path, { completed: false })).toMatchObject({
      status: 200,
      body: { id: todo.id, title: 'bread', completed: false, createdAt: todo.createdAt },
    });
    expect(await call('DELETE', path)).toMatchObject({ status: 204, body: null });
    expect(await call('GET', path)).toMatchObject(refused(404, `There is no todo ${todo.id}`));
  });

  it('lists todos in the order they were made', async () => {
    const made = [await create('one'), await create('two')];
    await call('PATCH', `/todos/${made[0]?.id}`, { title: 'ONE' });
    const listed = (await call('GET', '/todos')).body as { id: string; title: string }[];
    expect(listed.slice(-2).map(({ title }) => title)).toEqual(['ONE', 'two']);
  });

  it.each(REFUSALS)('refuses %s %s %j', async (method, path, body, answer) => {
    const before = (await call('GET', '/todos')).body;
    const id = path.endsWith('ID') ? (await create('kept')).id : '';
    const { error } = (answer as { body: { error: object } }).body;
    const got = await call(method, path.replace('ID', id), body);
    expect(got).toMatchObject({ ...answer, mediaType: 'application/json' });
    // Exactly: not a word more, such as a stack.
    expect(got.body).toEqual({ error });
    const after = (await call('GET', '/todos')).body as { id: string; title: string }[];
    expect(after.filter((todo) => todo.id !== id)).toEqual(before);
    if (id) expect(after.at(-1)).toMatchObject({ id, title: 'kept', completed: false });
  });

  it('refuses a body of another type or encoding', async () => {
    expect(await call('POST', '/todos', 'title=a', { 'content-type': 'text/plain' })).toMatchObject(
      refused(415, 'The request body must be application/json'),
    );
    expect(await call('POST', '/todos', '{}', { 'content-encoding': 'zip' })).toMatchObject(
      refused(415, 'The encoding or character set of the request body is not supported'),
    );
  });

  it('says what a path allows', async () => {
    for (const [method, path, allow] of [
      ['POST', '/health', 'GET, HEAD, OPTIONS'],
      ['DELETE', '/todos', 'GET, HEAD, POST, OPTIONS'],
      ['POST', '/todos/7', 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
    ] as const) {
      const wrong = await call(method, path);
      expect(wrong).toMatchObject(refused(405, `${method} is not allowed here, only ${allow}`));
      expect(wrong.headers.get('allow')).toBe(allow);
      const options = await call('OPTIONS', path);
      expect([options.status, options.headers.get('allow'), options.body]).toEqual([204, allow, null]);
    }
  });

  it('answers 404 in JSON for what it does not have, without saying what it is made of', async () => {
    const { headers, ...answer } = await call('GET', '/nothing/a%20b');
    expect(answer).toMatchObject(refused(404, `There is no ${prefix}/nothing/a%20b`));
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server') ?? '').not.toMatch(/express|uvicorn/i);
  });
}
