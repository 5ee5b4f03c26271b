import { randomUUID } from 'node:crypto';
import { json, type Request, type RequestHandler, Router } from 'express';
import * as z from 'zod';
import { allowOnly, HttpError, validationError } from './errors.ts';

/** Tells a missing field from one of the wrong type. */
const mustBe =
  (type: string) =>
  ({ input }: { input?: unknown }): string =>
    input === undefined ? 'Is required' : `Must be a ${type}`;
const fields = {
  title: z
    .string({ error: mustBe('string') })
    .trim()
    .min(1, 'Must not be empty')
    .max(200, 'Must have at most 200 characters'),
  completed: z.boolean({ error: mustBe('boolean') }),
};
const newTodo = z.strictObject({ ...fields, completed: fields.completed.default(false) });
const fullTodo = z.strictObject(fields);
const partialTodo = fullTodo
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, 'At least one of title and completed is needed');

/** A todo as clients see it; the times are ISO 8601 in UTC. */
export interface Todo extends z.infer<typeof fullTodo> {
  id: string;
  createdAt: string;
  updatedAt: string;
}

/**
 * The todos of this process, in the order they were made. Lambda starts and stops instances as it likes and each
 * has its own memory: a real API puts a database behind these five methods.
 */
export class TodoStore {
  readonly #todos = new Map<string, Todo>();

  /** All todos, oldest first. */
  list(): Todo[] {
    return [...this.#todos.values()];
  }

  /** The todo with this id. Throws a 404 where there is none. */
  get(id: string): Todo {
    const todo = this.#todos.get(id);
    if (!todo) throw new HttpError(404, `There is no todo ${id}`);
    return todo;
  }

  /** Adds a todo under an id of its own. */
  create(values: z.infer<typeof newTodo>): Todo {
    const now = new Date().toISOString();
    const todo = { id: randomUUID(), ...values, createdAt: now, updatedAt: now };
    this.#todos.set(todo.id, todo);
    return todo;
  }

  /** Changes the given values of a todo, and only those. Throws a 404 where there is none. */
  update(id: string, changes: z.infer<typeof partialTodo>): Todo {
    const todo = { ...this.get(id), ...changes, updatedAt: new Date().toISOString() };
    this.#todos.set(id, todo);
    return todo;
  }

  /** Removes a todo. Throws a 404 where there is none. */
  delete(id: string): void {
    this.get(id);
    this.#todos.delete(id);
  }
}

/** Refuses a body of another media type: unread, it would look like no body at all. */
const requireJson: RequestHandler = (req, _res, next) => {
  // `is` answers false for another type, and null where there is no body.
  if (req.is('json') === false) throw new HttpError(415, 'The request body must be application/json');
  next();
};
const readJson = json({ limit: '100kb' });

/** The body of `req` as `schema` describes it. Throws a 400 that lists what is wrong. */
function parseBody<T>(schema: z.ZodType<T>, req: Request): T {
  const body: unknown = req.body;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new HttpError(400, 'The request body must be a JSON object');
  }
  const result = schema.safeParse(body);
  if (!result.success) throw validationError(result.error);
  return result.data;
}

/** The routes below `/todos`. */
export function todoRoutes(store: TodoStore): Router {
  const routes = Router();

  routes
    .route('/')
    .get((_req, res) => {
      res.json(store.list());
    })
    .post(requireJson, readJson, (req, res) => {
      const todo = store.create(parseBody(newTodo, req));
      // baseUrl holds the stage prefix where the request came with one.
      res.status(201).location(`${req.baseUrl}/${todo.id}`).json(todo);
    })
    .all(allowOnly('GET', 'HEAD', 'POST'));

  routes
    .route('/:id')
    .get((req, res) => {
      res.json(store.get(req.params.id));
    })
    .put(requireJson, readJson, (req, res) => {
      // Before the body is looked at: an unknown id is a 404 whatever was sent.
      store.get(req.params.id);
      res.json(store.update(req.params.id, parseBody(fullTodo, req)));
    })
    .patch(requireJson, readJson, (req, res) => {
      store.get(req.params.id);
      res.json(store.update(req.params.id, parseBody(partialTodo, req)));
    })
    .delete((req, res) => {
      store.delete(req.params.id);
      res.status(204).end();
    })
    .all(allowOnly('GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'));

  return routes;
}
