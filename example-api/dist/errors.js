/** An error whose status and text are meant for the client. Anything else that is thrown answers 500. */
export class HttpError extends Error {
    name = 'HttpError';
    status;
    problems;
    /**
     * @param status the HTTP status, 400 to 599
     * @param message one line for the client
     * @param problems what is wrong, field by field
     */
    constructor(status, message, problems = []) {
        super(message);
        this.status = status;
        this.problems = problems;
    }
}
/** A failed validation as a 400 that lists each field. */
export function validationError(error) {
    const problems = error.issues.flatMap((issue) => 
    // Zod has one issue for all unknown keys; a client wants one for each.
    issue.code === 'unrecognized_keys'
        ? issue.keys.map((field) => ({ field, message: 'Unknown field' }))
        : [{ field: issue.path.join('.') || null, message: issue.message }]);
    return new HttpError(400, 'The request body is not valid', problems);
}
/** The last handler of a route: answers 405, and OPTIONS with 204, both with `Allow`. */
export function allowOnly(...methods) {
    const allow = [...methods, 'OPTIONS'].join(', ');
    return (req, res) => {
        res.set('Allow', allow);
        if (req.method === 'OPTIONS') {
            res.status(204).end();
            return;
        }
        throw new HttpError(405, `${req.method} is not allowed here, only ${allow}`);
    };
}
/** The handler after all routes: 404. */
export const notFound = (req) => {
    throw new HttpError(404, `There is no ${req.path}`);
};
/** The texts for what Express and its body parser throw; their own texts quote the input and name internals. */
const clientErrors = new Map([
    [400, 'The request cannot be read'],
    [413, 'The request body is too large'],
    [415, 'The encoding or character set of the request body is not supported'],
]);
/** What the client is told about `error`. */
function forClient(error) {
    if (error instanceof HttpError)
        return error;
    if (error instanceof Error) {
        if ('type' in error && error.type === 'entity.parse.failed') {
            return new HttpError(400, 'The request body is not valid JSON');
        }
        const message = 'status' in error && typeof error.status === 'number' && clientErrors.get(error.status);
        if (message)
            return new HttpError(Number(error.status), message);
    }
    return new HttpError(500, 'Internal server error');
}
/** Turns whatever a handler throws into JSON, and writes what is our own fault to the log. */
export const errorHandler = (error, req, res, next) => {
    const { status, message, problems } = forClient(error);
    if (status >= 500) {
        const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
        // One JSON line: CloudWatch makes one event of each line, so a bare stack would be torn apart.
        process.stderr.write(`${JSON.stringify({ level: 'error', method: req.method, path: req.path, cause })}\n`);
    }
    if (res.headersSent) {
        next(error); // Too late for a status: Express cuts the connection, so that the client sees it failed.
        return;
    }
    const body = { error: { status, message, ...(problems.length > 0 && { problems }) } };
    res.status(status).json(body);
};
