/** An image with one fault, and what the tool must say of it. */
export interface BrokenImage {
  name: string;
  /** Id in the table of causes; '' for a healthy one. */
  cause: string;
  /** What the sentence must hold. */
  says?: RegExp;
  /** Content of /app/app.mjs. */
  app?: string;
  /** The whole Dockerfile; the usual one where absent. */
  dockerfile?: string;
  /** Variables of the image. */
  env?: Record<string, string>;
  /** Settings of the function. */
  memory?: number;
  timeout?: number;
  variables?: Record<string, string>;
  /** Seconds; well above the function's own by default. */
  smokeTimeout?: number;
  path?: string;
  status?: number;
  /** Removes the image from registry and Engine before the test. */
  deleted?: boolean;
}

const NODE = 'FROM node:24-bookworm-slim';
const ADAPTER =
  'COPY --from=public.ecr.aws/awsguru/aws-lambda-adapter:1.0.0 /lambda-adapter /opt/extensions/lambda-adapter';
const CMD = 'CMD ["node", "app.mjs"]';

/** The usual Dockerfile of these images. */
export function dockerfile(
  lines: readonly string[] = [],
  command = CMD,
  adapter: readonly string[] = [ADAPTER],
): string {
  return [NODE, ...adapter, 'WORKDIR /app', 'COPY APP ./app.mjs', ...lines, command, ''].join('\n');
}

const server = (listen: string, answer = "response.end('ok')", before = ''): string => `
import { createServer } from 'node:http';
${before}
createServer((request, response) => { ${answer} }).listen(${listen});
`;
const healthy = server('process.env.PORT ?? 8080');

export const BROKEN: readonly BrokenImage[] = [
  {
    name: 'wrong-port',
    cause: 'wrong-port',
    says: /port 3000.*port 8080/,
    app: server("3000, () => console.log('Server listening at http://0.0.0.0:3000')"),
  },
  {
    name: 'never-ready',
    cause: 'never-ready',
    says: /127\.0\.0\.1:8080.*connecting to the database/,
    app: "console.log('connecting to the database'); setInterval(() => {}, 1000);",
  },
  {
    name: 'readiness-500',
    cause: 'never-ready',
    says: /\/ready/,
    app: server('8080', "response.statusCode = 500; response.end('not yet')"),
    env: { AWS_LWA_READINESS_CHECK_PATH: '/ready' },
  },
  {
    name: 'loopback-v6',
    cause: 'wrong-address',
    says: /\[::1\]/,
    app: server("8080, '::1', () => console.log('Server listening at http://[::1]:8080')"),
  },
  {
    name: 'crash-at-start',
    cause: 'crash-at-start',
    says: /TypeError: config\.load is not a function/,
    app: "console.log('reading the configuration'); const config = {}; config.load();",
  },
  {
    name: 'exit-silently',
    cause: 'crash-at-start',
    says: /status 3.*printed nothing/,
    app: 'process.exit(3);',
  },
  {
    name: 'variable-in-words',
    cause: 'environment-variable-missing',
    says: /DATABASE_URL/,
    app: "if (!process.env.DATABASE_URL) throw new Error('DATABASE_URL is not set');",
  },
  {
    name: 'variable-in-list',
    cause: 'environment-variable-missing',
    says: /SESSION_SECRET/,
    app: "console.error('Invalid environment variables:\\n  SESSION_SECRET: Required'); process.exit(1);",
  },
  {
    name: 'read-only',
    cause: 'read-only-file-system',
    says: /\/app\/cache\.json/,
    app: server(
      '8080',
      "response.end('ok')",
      "import { writeFileSync } from 'node:fs'; writeFileSync('/app/cache.json', '{}');",
    ),
  },
  {
    name: 'read-only-in-request',
    cause: 'read-only-file-system',
    says: /\/app\/upload/,
    app: server(
      '8080',
      "if (request.url === '/') return response.end(); try { writeFileSync('/app/upload', 'x') } catch (error) { console.error(error); response.statusCode = 500; response.end(); }",
      "import { writeFileSync } from 'node:fs';",
    ),
  },
  {
    name: 'module-missing',
    cause: 'module-missing',
    says: /express/,
    app: "import express from 'express'; express().listen(8080);",
  },
  {
    name: 'out-of-memory',
    cause: 'out-of-memory',
    says: /128 MB/,
    memory: 128,
    app: 'const kept = []; for (;;) kept.push(Buffer.alloc(8_000_000, 1));',
  },
  {
    name: 'heap-full',
    cause: 'out-of-memory',
    app: 'const kept = []; for (;;) kept.push(new Array(100_000).fill(Math.random()));',
    env: { NODE_OPTIONS: '--max-old-space-size=24' },
  },
  {
    name: 'timeout',
    cause: 'timeout',
    says: /\/health.*2 s.*asking the other service/,
    timeout: 2,
    app: server(
      '8080',
      "if (request.url === '/') response.end(); else console.log('asking the other service');",
    ),
  },
  {
    name: 'crash-in-request',
    cause: 'crash-in-request',
    says: /\/health.*RangeError: too deep/,
    app: server(
      '8080',
      "if (request.url === '/') response.end(); else setImmediate(() => { throw new RangeError('too deep') });",
    ),
  },
  {
    name: 'app-error',
    cause: 'app-error',
    says: /500.*TypeError: rows is undefined/,
    app: server(
      '8080',
      "if (request.url !== '/') { console.error(new TypeError('rows is undefined')); response.statusCode = 500; } response.end('Internal Server Error')",
    ),
  },
  {
    name: 'root-path',
    cause: 'root-path-mismatch',
    says: /API_ROOT_PATH=\/prod/,
    variables: { API_ROOT_PATH: '/prod' },
    app: server(
      '8080',
      "response.statusCode = request.url === process.env.API_ROOT_PATH + '/health' ? 200 : 404; response.end()",
    ),
  },
  {
    name: 'no-such-path',
    cause: 'path-not-found',
    says: /\/health/,
    app: server('8080', "response.statusCode = 404; response.end('Cannot GET ' + request.url)"),
  },
  {
    name: 'image-deleted',
    cause: 'image-deleted',
    app: `${healthy}// deleted\n`,
    deleted: true,
  },
  {
    name: 'longer-than-the-test',
    cause: 'no-answer',
    says: /own Timeout is 20 s.*no instruction.*Lambda Web Adapter/i,
    app: healthy,
    dockerfile: dockerfile([], CMD, []),
    timeout: 20,
    smokeTimeout: 4,
  },
  {
    name: 'no-adapter',
    cause: 'adapter-not-running',
    says: /Lambda Web Adapter/,
    app: server("8080, () => console.log('listening on 8080')"),
    dockerfile: dockerfile([], CMD, []),
    timeout: 2,
  },
  {
    name: 'adapter-elsewhere',
    cause: 'adapter-not-running',
    says: /Lambda Web Adapter/,
    app: healthy,
    dockerfile: dockerfile([], CMD, [
      ADAPTER.replace('/opt/extensions/lambda-adapter', '/opt/lambda-adapter'),
    ]),
    timeout: 2,
  },
  {
    name: 'adapter-not-executable',
    cause: 'extension-not-executable',
    says: /\/opt\/extensions\/lambda-adapter/,
    app: healthy,
    dockerfile: dockerfile([], CMD, [
      // Made beforehand: --chmod would give the folder the same mode, and nothing would find the file.
      'WORKDIR /opt/extensions',
      ADAPTER.replace('COPY ', 'COPY --chmod=644 '),
    ]),
  },
  {
    name: 'adapter-other-architecture',
    cause: 'wrong-architecture',
    says: /\/opt\/extensions\/lambda-adapter/,
    app: healthy,
    dockerfile: dockerfile([], CMD, ['COPY --chmod=755 other-architecture /opt/extensions/lambda-adapter']),
  },
  {
    name: 'extension-crash',
    cause: 'extension-failed',
    app: healthy,
    dockerfile: dockerfile(['COPY --chmod=755 <<EOF /opt/extensions/watcher', '#!/bin/sh', 'exit 7', 'EOF']),
  },
  {
    name: 'app-other-architecture',
    cause: 'wrong-architecture',
    says: /\/app\/server/,
    dockerfile: dockerfile(['COPY --chmod=755 other-architecture ./server'], 'CMD ["/app/server"]'),
    app: healthy,
  },
  {
    name: 'no-such-command',
    cause: 'entry-point-missing',
    says: /gunicorn/,
    dockerfile: dockerfile([], 'ENTRYPOINT ["gunicorn", "app:app"]'),
    app: healthy,
  },
  {
    name: 'no-such-command-for-node',
    cause: 'entry-point-missing',
    says: /gunicorn/,
    dockerfile: dockerfile([], 'CMD ["gunicorn", "app:app"]'),
    app: healthy,
  },
  {
    name: 'not-executable',
    cause: 'entry-point-not-executable',
    says: /\/app\/start\.sh/,
    dockerfile: dockerfile(
      ['COPY --chmod=644 <<EOF ./start.sh', '#!/bin/sh', 'exec node app.mjs', 'EOF'],
      'ENTRYPOINT ["/app/start.sh"]',
    ),
    app: healthy,
  },
  {
    name: 'line-ends-of-windows',
    cause: 'entry-point-missing',
    says: /interpreter.*\/app\/start\.sh/,
    dockerfile: dockerfile(['COPY --chmod=755 windows.sh ./start.sh'], 'ENTRYPOINT ["/app/start.sh"]'),
    app: healthy,
  },
  {
    name: 'not-readable',
    cause: 'file-not-readable',
    says: /app\.mjs|\/app/,
    dockerfile: dockerfile().replace('COPY APP', 'COPY --chmod=600 APP'),
    app: healthy,
  },
  {
    name: 'port-taken',
    cause: 'port-in-use',
    says: /9001/,
    app: server('9001'),
  },
  {
    name: 'too-large',
    cause: 'response-too-large',
    app: server('8080', "response.end(request.url === '/' ? '' : 'x'.repeat(7_000_000))"),
  },
];

export const HEALTHY: readonly BrokenImage[] = [
  { name: 'healthy', cause: '', app: healthy },
  { name: 'healthy-streaming', cause: '', app: healthy, env: { AWS_LWA_INVOKE_MODE: 'response_stream' } },
  {
    name: 'healthy-noisy',
    cause: '',
    app: server(
      '8080',
      "console.error('Error: EROFS: read-only file system, open /app/x (using memory)'); response.end('ok')",
      "console.warn('DATABASE_URL is not set, using the default'); console.log('metrics listening on port 9464');",
    ),
  },
];
