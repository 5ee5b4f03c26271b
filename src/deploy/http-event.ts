import { randomUUID } from 'node:crypto';

/**
 * An HTTP GET as a function URL or an HTTP API sends it, payload format 2.0, as JSON.
 * Source: "Invoking Lambda function URLs", request payload format.
 * @param path starts with `/`
 * @param query without `?`; '' where there is none
 */
export function getEvent(path: string, query: string): string {
  const now = new Date();
  const parameters = [...new Set(new URLSearchParams(query).keys())].map((name) => [
    name,
    new URLSearchParams(query).getAll(name).join(','),
  ]);
  return JSON.stringify({
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    headers: {
      accept: '*/*',
      host: 'smoke.local',
      'user-agent': 'deploy-lambda-container',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
    },
    ...(parameters.length > 0 && { queryStringParameters: Object.fromEntries(parameters) }),
    requestContext: {
      accountId: 'anonymous',
      apiId: 'smoke',
      domainName: 'smoke.local',
      domainPrefix: 'smoke',
      http: {
        method: 'GET',
        path,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'deploy-lambda-container',
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    isBase64Encoded: false,
  });
}

/** An HTTP response out of a function's payload. */
export interface HttpAnswer {
  status: number;
  body: string;
}

/** What stands between the JSON prelude and the body in streaming mode. */
const PRELUDE_END = '\0'.repeat(8);

/**
 * Reads the payload of a function that answers HTTP: payload format 2.0, or in streaming mode a JSON prelude,
 * eight NUL bytes and the body.
 * @returns undefined where it holds no `statusCode`
 */
export function httpAnswer(payload: string): HttpAnswer | undefined {
  const end = payload.indexOf(PRELUDE_END);
  const head = parse(end < 0 ? payload : payload.slice(0, end));
  const status = Number(head?.statusCode);
  if (!head || !Number.isInteger(status) || status < 100 || status > 599) return undefined;
  if (end >= 0) return { status, body: payload.slice(end + PRELUDE_END.length) };
  const body = typeof head.body === 'string' ? head.body : '';
  return {
    status,
    body: head.isBase64Encoded === true ? Buffer.from(body, 'base64').toString('utf8') : body,
  };
}

/** Payload format 2.0 as a function returns it: `statusCode` and then another of its fields, which an app's own JSON lacks. */
const WHOLE =
  /^\s*\{\s*"statusCode"\s*:\s*\d{3}\s*,\s*"(headers|multiValueHeaders|cookies|body|isBase64Encoded)"\s*:/;

/**
 * What a function answered, where a body shows that it was passed on unread: a function URL does so with the answer
 * of a function in the other invoke mode.
 * @returns `streamed`: a JSON prelude, eight NUL bytes and the body; `whole`: JSON of payload format 2.0; undefined for
 *   a body as any other
 */
export function rawAnswer(body: string): 'streamed' | 'whole' | undefined {
  if (!WHOLE.test(body)) return undefined;
  return body.includes(PRELUDE_END) ? 'streamed' : 'whole';
}

/** What a function's payload says about the error that it, or Lambda on its behalf, ended with. */
export function functionError(payload: string): { type: string; message: string } {
  const error = parse(payload);
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return { type: text(error?.errorType), message: text(error?.errorMessage) };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Cold start in milliseconds from the end of a log: the REPORT line's Init Duration, the same in JSON logs, or the
 * emulator's INIT REPORT (whose REPORT line measures something else).
 * @returns undefined on a warm start
 */
export function initDuration(logTail: string): number | undefined {
  const found =
    /INIT REPORT\(durationMs: ([\d.]+)\)/.exec(logTail) ??
    /"initDurationMs":\s*([\d.]+)/.exec(logTail) ??
    /^REPORT .*\bInit Duration: ([\d.]+) ms/m.exec(logTail);
  return found ? Number(found[1]) : undefined;
}

/** What Lambda measured of one invoke. */
export interface ReportFigures {
  durationMs?: number;
  memoryMb?: number;
  maxMemoryMb?: number;
}

/**
 * Duration (milliseconds) and memory (MB) from the end of a log: its REPORT line, or the same in JSON logs.
 * @returns what is there; the emulator leaves the most memory out
 */
export function reportFigures(logTail: string): ReportFigures {
  const number = (...patterns: RegExp[]): number | undefined => {
    const found = patterns.map((pattern) => pattern.exec(logTail)?.[1]).find((text) => text !== undefined);
    return found === undefined ? undefined : Number(found);
  };
  const durationMs = number(/^REPORT RequestId: \S+\s+Duration: ([\d.]+) ms/m, /"durationMs":\s*([\d.]+)/);
  const memoryMb = number(/^REPORT .*\bMemory Size: (\d+) MB/m, /"memorySizeMB":\s*(\d+)/);
  const maxMemoryMb = number(/^REPORT .*\bMax Memory Used: (\d+) MB/m, /"maxMemoryUsedMB":\s*(\d+)/);
  return {
    ...(durationMs !== undefined && { durationMs }),
    ...(memoryMb !== undefined && { memoryMb }),
    ...(maxMemoryMb !== undefined && { maxMemoryMb }),
  };
}
