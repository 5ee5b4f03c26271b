import type { FunctionRecord } from '../record.ts';
import type { Found } from './plan.ts';

/** The record of a function before anything is known of it. */
export function emptyResult(functionName: string, alias: string): FunctionRecord {
  const version = alias === '' ? '$LATEST' : '';
  return {
    function: functionName,
    arn: functionName.startsWith('arn:') ? functionName : '',
    alias,
    result: 'failed',
    version,
    previousVersion: version,
    waits: [],
    smoke: [],
    reasons: [],
  };
}

/** Notes what serves before anything is changed. */
export function noteFound(result: FunctionRecord, { latest, alias, url }: Found, wantedAlias: string): void {
  result.arn = latest.arn;
  if (url) result.url = url.url;
  const serves = wantedAlias === '' ? '$LATEST' : (alias?.version ?? '');
  result.version = serves;
  result.previousVersion = serves;
}
