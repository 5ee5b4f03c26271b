import express, { Router } from 'express';
import { allowOnly, errorHandler, notFound } from './errors.js';
import { TodoStore, todoRoutes } from './todos.js';
/** `/prod` for `prod`, `/prod/`, `//prod`; empty for none and for `/`. */
export function normalizeRootPath(rootPath = '') {
    return rootPath
        .trim()
        .split('/')
        .filter((part) => part !== '')
        .map((part) => `/${part}`)
        .join('');
}
/** The API as an Express app, not listening yet. */
export function createApp({ rootPath, store = new TodoStore() } = {}) {
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
    if (prefix)
        app.use(prefix, routes);
    app.use(routes);
    app.use(notFound);
    app.use(errorHandler);
    return app;
}
