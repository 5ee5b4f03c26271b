import { InputError, type Inputs } from '../github/inputs.ts';

/** What the smoke test asks for and expects. */
export interface SmokeInputs {
  /** Path without query; starts with `/`. */
  path: string;
  /** Without `?`; '' where there is none. */
  query: string;
  status: number;
  /** What the body must hold; absent: anything. */
  body?: string | RegExp;
  /** For all attempts on one target together. */
  timeoutMs: number;
  /** A URL to ask too; `auto`: the function URL of alias or function, where it has one; '' for none. */
  url: string;
}

/**
 * Reads `smoke-path`, `smoke-url`, `smoke-status`, `smoke-body` and `smoke-timeout`.
 * @param functions how many are deployed to
 * @returns undefined where the test is off
 * @throws InputError
 */
export function readSmoke(inputs: Inputs, functions: number): SmokeInputs | undefined {
  const target = inputs.text('smoke-path') || '/health';
  if (target !== 'off' && !/^\/[\x21-\x22\x24-\x7e]*$/.test(target))
    throw new InputError(
      'smoke-path',
      target,
      '`off`, or a path that starts with `/`, with or without a query, other characters than ASCII percent-encoded',
    );
  const status = inputs.text('smoke-status') || '200';
  if (!/^[1-5]\d\d$/.test(status))
    throw new InputError('smoke-status', status, 'one HTTP status from 100 to 599');
  const body = readBody(inputs);
  const timeoutMs = inputs.duration('smoke-timeout', '30s');
  const url = readUrl(inputs, functions);
  if (target === 'off') {
    if (url !== '') throw new InputError('smoke-url', url, 'empty where `smoke-path` is `off`');
    return undefined;
  }
  const mark = target.indexOf('?');
  return {
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
    status: Number(status),
    ...(body !== undefined && { body }),
    timeoutMs,
    url,
  };
}

const URL_ALLOWED = '`auto`, or an `https://` URL without query and password, to which `smoke-path` is added';

function readUrl(inputs: Inputs, functions: number): string {
  const text = inputs.text('smoke-url');
  if (text === '' || text === 'auto') return text;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain =
    url && ['https:', 'http:'].includes(url.protocol) && url.username === '' && url.password === '';
  if (!plain || /[?#]/.test(text))
    throw new InputError('smoke-url', text.replace(/\/\/[^/]*@/, '//...@'), URL_ALLOWED);
  if (functions > 1)
    throw new InputError(
      'smoke-url',
      text,
      '`auto` with several functions, since one URL cannot be that of all',
    );
  return text;
}

function readBody(inputs: Inputs): string | RegExp | undefined {
  const text = inputs.text('smoke-body');
  if (text === '') return undefined;
  const source = /^\/(.+)\/$/s.exec(text)?.[1];
  if (source === undefined) return text;
  try {
    return new RegExp(source);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(
      'smoke-body',
      text,
      `a text, or a JavaScript regular expression between slashes (${reason})`,
    );
  }
}
