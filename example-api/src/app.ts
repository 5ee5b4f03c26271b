import express, { type Express, Router } from 'express';
import { allowOnly, errorHandler, notFound } from './errors.ts';
import { TodoStore, todoRoutes } from './todos.ts';

/** What differs from one place to another. */
export interface AppOptions {
  /** The prefix in front of every path, such as an API Gateway stage: `/prod`; empty for none. */
  rootPath?: string;
  /** The todos; an empty store of its own unless given. */
  store?: TodoStore;
}

/** `/prod` for `prod`, `/prod/`, `//prod`; empty for none and for `/`. */
export function normalizeRootPath(rootPath = ''): string {
  return rootPath
    .trim()
    .split('/')
    .filter((part) => part !== '')
    .map((part) => `/${part}`)
    .join('');
}

/** The API as an Express app, not listening yet. */
export function createApp({ rootPath, store = new TodoStore() }: AppOptions = {}): Express {
  const routes = Router();
  routes
    .route('/health')
    .get((_req, res) => {
      res.json({ status: 'ok' });
    })
    .all(allowOnly('GET', 'HEAD'));
  routes.use('/todos', todoRoutes(store));

  const app = express();
  app.disable('x-powered-by');
  // An HTTP API hands us the path with its stage, a REST API or a function URL without; the adapter's readiness
  // check never has one. So both are served. Backslashes keep the prefix a text: `:` and `*` are patterns else.
  const prefix = normalizeRootPath(rootPath).replace(/[\\{}()[\]+?!:*]/g, '\\$&');
  if (prefix) app.use(prefix, routes);
  app.use(routes);
  app.use(notFound);
  app.use(errorHandler);
  return app;
}
