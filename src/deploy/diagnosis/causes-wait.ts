import type { Cause } from './causes.ts';
import { lastSaid, waits } from './signs.ts';

/** The app did not get ready, did not answer in time, or answered with nothing but that it failed. */
export const waitCauses: readonly Cause[] = [
  {
    id: 'wrong-port',
    evidence: 'The adapter waits, and the log or the command line names another port',
    finds: (clues) => {
      const { listens, port } = clues;
      if (!(waits(clues) || clues.timedOut) || clues.started || !listens || listens.port === port)
        return undefined;
      return { listens: String(listens.port), port: String(port) };
    },
    sentence: 'The app listens on port {listens}, and the Lambda Web Adapter asks on port {port}.',
    cure: 'Let the app listen on the port in the variable PORT, or set AWS_LWA_PORT={listens} in the Dockerfile.',
  },
  {
    id: 'wrong-address',
    evidence: 'The adapter waits, and the log names the right port on an address that is not 127.0.0.1',
    finds: (clues) => {
      const { listens } = clues;
      if (!waits(clues) || clues.started || !listens) return undefined;
      const reached = ['', '127.0.0.1', '0.0.0.0', '*', '[::]', '[::ffff:127.0.0.1]', 'localhost'];
      return reached.includes(listens.host.toLowerCase()) ? undefined : { host: listens.host };
    },
    sentence: 'The app listens on {host} only, and the Lambda Web Adapter asks at 127.0.0.1.',
    cure: 'Let the app listen on 0.0.0.0.',
  },
  {
    id: 'never-ready',
    evidence: '`app is not ready after`',
    finds: (clues) => {
      if (!waits(clues) || clues.started) return undefined;
      return {
        url: clues.awaited?.url || `http://127.0.0.1:${clues.port}`,
        said: lastSaid(clues),
      };
    },
    sentence: 'The app did not answer the Lambda Web Adapter at {url} before the time was up. {said}',
    cure: 'Let the app listen on 0.0.0.0 and that port, answer AWS_LWA_READINESS_CHECK_PATH with a status under 500, and start faster (more memory, or AWS_LWA_ASYNC_INIT=true for a slow start).',
  },
  {
    id: 'adapter-not-running',
    evidence: 'A time-out, and neither an extension registered itself nor did the start end',
    finds: (clues) =>
      clues.timedOut && !clues.started && !clues.extensionReady ? { said: lastSaid(clues) } : undefined,
    sentence: 'Nothing asked Lambda for the request: no Lambda Web Adapter runs in the image. {said}',
    cure: 'Add `COPY --from=public.ecr.aws/awsguru/aws-lambda-adapter:1.0.0 /lambda-adapter /opt/extensions/lambda-adapter` to the last stage.',
  },
  {
    id: 'timeout',
    evidence: '`Task timed out after`',
    finds: (clues) => {
      if (!clues.timedOut) return undefined;
      const seconds = /timed out after ([\d.]+) seconds/.exec(clues.text)?.[1];
      const limit = Number(seconds ?? clues.around.function?.settings.timeoutSeconds ?? 0);
      return { path: clues.evidence.path, limit: limit > 0 ? ` of ${limit} s` : '', said: lastSaid(clues) };
    },
    sentence: "The app did not answer {path} within the function's Timeout{limit}. {said}",
    cure: 'See what the app waits for (a database that the network of the function does not reach is common), or raise Timeout.',
  },
  {
    id: 'app-error',
    evidence: 'An answer of 500 or above',
    finds: (clues) =>
      clues.evidence.status >= 500
        ? { status: String(clues.evidence.status), path: clues.evidence.path, said: lastSaid(clues) }
        : undefined,
    sentence: 'The app itself answered {path} with {status}. {said}',
    cure: "Read the function's log above for the app's own error.",
  },
  {
    id: 'no-answer',
    evidence: 'No answer within `smoke-timeout`, so that there is no log either',
    finds: ({ evidence: { refusal, path }, around: { function: fn, image }, commandLine, listens, port }) => {
      if (!refusal.startsWith('TimeoutError')) return undefined;
      const seconds = fn?.settings.timeoutSeconds ?? 0;
      const hints = [
        image && image.history.length > 0 && !image.history.some((step) => step.includes('/opt/extensions'))
          ? 'No instruction of its Dockerfile puts a Lambda Web Adapter into /opt/extensions.'
          : '',
        listens && listens.port !== port
          ? `Its command (${commandLine.slice(0, 200)}) names port ${listens.port}, and the adapter asks on port ${port}.`
          : '',
      ];
      const hint = hints.find((text) => text !== '') ?? '';
      return {
        path,
        limit: seconds > 0 ? ` (its own Timeout is ${seconds} s)` : '',
        hint: hint && ` ${hint}`,
      };
    },
    sentence: 'The function did not answer {path} within `smoke-timeout`{limit}.{hint}',
    cure: "Read the function's log in CloudWatch; with a Timeout of the function below `smoke-timeout` it is shown here.",
  },
  {
    id: 'no-http',
    evidence: 'The call returned something that is no HTTP answer',
    finds: ({ evidence: { status, errorType, refusal, body } }) =>
      status === 0 && errorType === '' && refusal === '' && body !== '' ? {} : undefined,
    sentence: 'The function answers, but not with HTTP.',
    cure: 'For a function that does not answer HTTP set `smoke-path: off`.',
  },
  {
    id: 'function-error',
    evidence: 'Another error type',
    finds: ({ evidence: { errorType, errorMessage } }) =>
      errorType === ''
        ? undefined
        : { type: errorType, message: errorMessage === '' ? '' : `: ${errorMessage.slice(0, 200)}` },
    sentence: 'The function ended with {type}{message}.',
    cure: "Read the function's log above for the first error.",
  },
];
