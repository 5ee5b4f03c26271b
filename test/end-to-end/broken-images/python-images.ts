import { ADAPTER, type BrokenImage } from './image.ts';

const PYTHON = 'FROM python:3.12-slim-bookworm';
const APP = ['ENV PYTHONUNBUFFERED=1', 'WORKDIR /app', 'COPY APP ./app.py'];
/** The packages of examples/fastapi, from its lockfile. */
const FASTAPI = [
  'COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /usr/local/bin/uv',
  'WORKDIR /app',
  'COPY --from=fastapi pyproject.toml uv.lock ./',
  'ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never PATH="/app/.venv/bin:$PATH"',
  'RUN --mount=type=cache,target=/root/.cache/uv uv sync --frozen --no-install-project --no-dev',
  'RUN python -c "import fastapi, uvicorn.main, uvicorn.lifespan.on, uvicorn.protocols.http.h11_impl"',
];
/** Importing it takes seconds where the machine is busy with other images; in seconds. */
const FASTAPI_TIMEOUT = 15;

const dockerfile = (
  command = 'CMD ["python", "app.py"]',
  packages: readonly string[] = [],
  adapter: readonly string[] = [ADAPTER],
): string => [PYTHON, ...adapter, ...packages, ...APP, command, ''].join('\n');

const uvicorn = (...options: string[]): string =>
  dockerfile(`CMD ${JSON.stringify(['python', '-m', 'uvicorn', 'app:app', ...options])}`, FASTAPI);
const fastapi = uvicorn('--host', '0.0.0.0', '--port', '8080');

/** An app of Python's own library. @param answer what it does with `self` @param before runs at its start */
const server = (answer = "self.reply(200, 'ok')", before = ''): string => `
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
${before}
class Handler(BaseHTTPRequestHandler):
    def reply(self, status, text):
        self.send_response(status)
        self.send_header('content-type', 'text/plain')
        self.end_headers()
        self.wfile.write(text.encode())
    def do_GET(self):
        ${answer}
HTTPServer(('0.0.0.0', 8080), Handler).serve_forever()
`;
const healthyFastapi = `
from fastapi import FastAPI
app = FastAPI()
@app.get('/health')
def health():
    return {'status': 'ok'}
`;

/** Python apps with a fault each. */
export const pythonImages: readonly BrokenImage[] = [
  {
    name: 'python-wrong-port',
    cause: 'wrong-port',
    says: /port 8000.*port 8080/,
    dockerfile: dockerfile('CMD ["python", "-m", "http.server", "8000"]'),
  },
  {
    name: 'fastapi-wrong-port',
    cause: 'wrong-port',
    says: /port 8000.*port 8080/,
    dockerfile: uvicorn(),
    app: healthyFastapi,
  },
  {
    name: 'python-root-path',
    cause: 'root-path-mismatch',
    says: /ROOT_PATH=\/prod/,
    variables: { ROOT_PATH: '/prod' },
    dockerfile: dockerfile(),
    app: server("self.reply(200 if self.path == os.environ['ROOT_PATH'] + '/health' else 404, '')"),
  },
  {
    name: 'fastapi-root-path',
    cause: 'root-path-mismatch',
    says: /API_ROOT_PATH=\/prod/,
    variables: { API_ROOT_PATH: '/prod' },
    dockerfile: fastapi,
    timeout: FASTAPI_TIMEOUT,
    app: `
import os
from fastapi import APIRouter, FastAPI
router = APIRouter(prefix=os.environ['API_ROOT_PATH'])
@router.get('/health')
def health():
    return {'status': 'ok'}
app = FastAPI()
app.include_router(router)
`,
  },
  {
    name: 'fastapi-no-such-path',
    cause: 'path-not-found',
    says: /\/health/,
    dockerfile: fastapi,
    timeout: FASTAPI_TIMEOUT,
    app: 'from fastapi import FastAPI\napp = FastAPI()\n',
  },
  {
    name: 'python-streaming-url',
    cause: 'streaming-mode',
    says: /AWS_LWA_INVOKE_MODE=response_stream/,
    dockerfile: dockerfile(),
    app: server(),
    env: { AWS_LWA_INVOKE_MODE: 'response_stream' },
    url: 'BUFFERED',
  },
  {
    name: 'python-buffered-url',
    cause: 'buffered-mode',
    dockerfile: dockerfile(),
    app: server(),
    url: 'RESPONSE_STREAM',
  },
  {
    name: 'python-module-missing',
    cause: 'module-missing',
    says: /fastapi/,
    dockerfile: dockerfile(),
    app: healthyFastapi,
  },
  {
    name: 'python-crash-at-start',
    cause: 'crash-at-start',
    says: /ValueError: no such region: 'mars'/,
    dockerfile: dockerfile(),
    app: server(undefined, `print('reading the configuration')\nraise ValueError("no such region: 'mars'")`),
  },
  {
    name: 'python-variable',
    cause: 'environment-variable-missing',
    says: /DATABASE_URL/,
    dockerfile: dockerfile(),
    app: server(undefined, "url = os.environ['DATABASE_URL']"),
  },
  {
    name: 'python-read-only',
    cause: 'read-only-file-system',
    says: /\/app\/data\.db/,
    dockerfile: dockerfile(),
    app: server(undefined, "open('/app/data.db', 'w')"),
  },
  {
    name: 'python-read-only-database',
    cause: 'read-only-file-system',
    dockerfile: dockerfile(undefined, [
      `RUN python -c "import sqlite3; sqlite3.connect('/data.db').execute('create table visits (at)')"`,
    ]),
    app: server(
      undefined,
      "import sqlite3\nsqlite3.connect('/data.db').execute('insert into visits values (1)')",
    ),
  },
  {
    name: 'fastapi-read-only-in-request',
    cause: 'read-only-file-system',
    says: /\/app\/upload/,
    dockerfile: fastapi,
    timeout: FASTAPI_TIMEOUT,
    app: healthyFastapi.replace("return {'status': 'ok'}", "open('/app/upload', 'w')"),
  },
  {
    name: 'python-never-ready',
    cause: 'never-ready',
    says: /127\.0\.0\.1:8080.*loading the model/,
    dockerfile: dockerfile(),
    app: "import time\nprint('loading the model')\ntime.sleep(3600)\n",
  },
  {
    name: 'python-timeout',
    cause: 'timeout',
    says: /\/health.*2 s.*asking the other service/,
    timeout: 2,
    dockerfile: dockerfile(),
    app: server(
      "print('asking the other service') or time.sleep(3600) if self.path == '/health' else self.reply(200, '')",
      'import time',
    ),
  },
  {
    name: 'fastapi-app-error',
    cause: 'app-error',
    says: /500.*RuntimeError: the pool is closed/,
    dockerfile: fastapi,
    timeout: FASTAPI_TIMEOUT,
    app: healthyFastapi.replace("return {'status': 'ok'}", "raise RuntimeError('the pool is closed')"),
  },
  {
    name: 'python-out-of-memory',
    cause: 'out-of-memory',
    says: /128 MB/,
    memory: 128,
    dockerfile: dockerfile(),
    app: 'kept = []\nwhile True:\n    kept.append(bytearray(b"x") * 8_000_000)\n',
  },
  {
    name: 'python-no-adapter',
    cause: 'adapter-not-running',
    says: /Lambda Web Adapter/,
    timeout: 2,
    dockerfile: dockerfile(undefined, [], []),
    app: server(),
  },
  {
    name: 'python-no-such-command',
    cause: 'entry-point-missing',
    says: /gunicorn/,
    dockerfile: dockerfile('CMD ["gunicorn", "--bind", "0.0.0.0:8080", "app:app"]'),
    app: server(),
  },
];

/** Python apps without a fault. */
export const healthyPythonImages: readonly BrokenImage[] = [
  { name: 'python-healthy', cause: '', dockerfile: dockerfile(), app: server() },
  { name: 'fastapi-healthy', cause: '', dockerfile: fastapi, timeout: FASTAPI_TIMEOUT, app: healthyFastapi },
  {
    name: 'fastapi-healthy-streaming-url',
    cause: '',
    dockerfile: fastapi,
    timeout: FASTAPI_TIMEOUT,
    app: healthyFastapi,
    env: { AWS_LWA_INVOKE_MODE: 'response_stream' },
    url: 'RESPONSE_STREAM',
  },
];
