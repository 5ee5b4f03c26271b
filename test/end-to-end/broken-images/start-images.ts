import { type BrokenImage, dockerfile, healthy, server } from './image.ts';

/** Node apps that do not start, or are not reached. */
export const startImages: readonly BrokenImage[] = [
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
    name: 'illegal-instruction',
    cause: 'processor-feature-missing',
    app: "process.kill(process.pid, 'SIGILL'); setInterval(() => {}, 1000);",
  },
];
