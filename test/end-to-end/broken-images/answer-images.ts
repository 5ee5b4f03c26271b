import { type BrokenImage, CMD, dockerfile, healthy, server } from './image.ts';

/** A runtime of its own, without an adapter. @param kind `response` or `error` @param payload JSON */
const runtime = (kind: string, payload: string): string => `
const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/invocation/';
for (;;) {
  const next = await fetch(api + 'next');
  const id = next.headers.get('lambda-runtime-aws-request-id');
  await fetch(api + id + '/${kind}', { method: 'POST', body: '${payload}' });
}
`;

/** Node apps that start and do not answer as they should, or are not let. */
export const answerImages: readonly BrokenImage[] = [
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
    withheld: 'deleted',
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
    name: 'too-large',
    cause: 'response-too-large',
    app: server('8080', "response.end(request.url === '/' ? '' : 'x'.repeat(7_000_000))"),
  },
  {
    name: 'image-denied',
    cause: 'image-access-denied',
    says: /may not pull/,
    app: `${healthy}// denied\n`,
    withheld: 'denied',
  },
  {
    name: 'streaming-url',
    cause: 'streaming-mode',
    says: /AWS_LWA_INVOKE_MODE=response_stream/,
    app: healthy,
    env: { AWS_LWA_INVOKE_MODE: 'response_stream' },
    url: 'BUFFERED',
  },
  {
    name: 'buffered-url',
    cause: 'buffered-mode',
    says: /InvokeMode RESPONSE_STREAM/,
    app: healthy,
    url: 'RESPONSE_STREAM',
  },
  {
    name: 'sign-in',
    cause: 'sign-in-wanted',
    says: /\/health \(401\)/,
    app: server('8080', "response.statusCode = 401; response.end('who are you?')"),
  },
  {
    name: 'redirect',
    cause: 'redirect',
    says: /\/health \(308\)/,
    app: server('8080', "response.writeHead(308, { location: request.url + '/' }).end()"),
  },
  {
    name: 'no-http',
    cause: 'no-http',
    app: runtime('response', '"done"'),
    dockerfile: dockerfile([], CMD, []),
  },
  {
    name: 'error-of-the-runtime',
    cause: 'function-error',
    says: /TypeError: x is not a function/,
    app: runtime('error', '{"errorType":"TypeError","errorMessage":"x is not a function"}'),
    dockerfile: dockerfile([], CMD, []),
  },
];
