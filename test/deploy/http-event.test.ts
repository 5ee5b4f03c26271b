import { describe, expect, it } from 'vitest';
import { functionError, getEvent, httpAnswer, initDuration } from '../../src/deploy/http-event.ts';

describe('payload format 2.0', () => {
  it('asks with path and query', () => {
    expect(JSON.parse(getEvent('/health', 'a=1&a=2&b='))).toMatchObject({
      version: '2.0',
      rawPath: '/health',
      rawQueryString: 'a=1&a=2&b=',
      queryStringParameters: { a: '1,2', b: '' },
      requestContext: { http: { method: 'GET', path: '/health' } },
    });
  });

  it.each([
    ['{"statusCode":200,"body":"b2s=","isBase64Encoded":true}', { status: 200, body: 'ok' }],
    [`{"statusCode":503}${'\0'.repeat(8)}busy`, { status: 503, body: 'busy' }],
    ['{"statusCode":204}', { status: 204, body: '' }],
    ['{"ok":true}', undefined],
    ['null', undefined],
    ['<html>', undefined],
  ])('reads %j', (payload, answer) => expect(httpAnswer(payload)).toEqual(answer));

  it('reads errors and cold starts', () => {
    expect(functionError('{"errorType":"Runtime.ExitError","errorMessage":"x"}')).toEqual({
      type: 'Runtime.ExitError',
      message: 'x',
    });
    expect(initDuration('REPORT RequestId: 1\tDuration: 2 ms\tInit Duration: 12.5 ms\t')).toBe(12.5);
    expect(initDuration('{"metrics":{"initDurationMs": 7.5}}')).toBe(7.5);
    expect(initDuration('REPORT RequestId: 1\tDuration: 2 ms\t')).toBeUndefined();
  });
});
