import { expect, it } from 'vitest';
import { diagnoseUrl } from '../../../src/deploy/diagnosis.ts';
import { rawAnswer } from '../../../src/deploy/http-event.ts';
import { evidence, expectNamed, type Row, running } from './seen.ts';

it.each<Row>([
  [
    'image-deleted',
    evidence({ refusal: 'ResourceNotReadyException: not ready' }),
    /ECR/,
    running({}, { stateReasonCode: 'ImageDeleted' }),
  ],
  [
    'image-access-denied',
    evidence({ refusal: 'ResourceNotReadyException: not ready' }),
    /may not pull/,
    running({}, { stateReasonCode: 'ImageAccessDenied' }),
  ],
  [
    'streaming-mode',
    evidence({ status: 502, body: 'Internal Server Error', urlInvokeMode: 'BUFFERED' }),
    /streaming/,
    running({ AWS_LWA_INVOKE_MODE: 'response_stream' }),
  ],
  [
    'buffered-mode',
    evidence({ status: 200, body: '{"statusCode":200,"body":"ok"}', urlInvokeMode: 'RESPONSE_STREAM' }),
    /streams/,
  ],
  [
    'root-path-mismatch',
    evidence({ status: 404 }),
    /API_ROOT_PATH=\/prod/,
    running({ API_ROOT_PATH: '/prod' }),
  ],
  [
    'path-not-found',
    evidence({ status: 404, path: '/prod/health' }),
    /nothing/,
    running({ API_ROOT_PATH: '/prod' }),
  ],
  ['sign-in-wanted', evidence({ status: 401 }), /401/],
  ['redirect', evidence({ status: 308 }), /308/],
  ['no-http', evidence({ body: '"done"' }), /not with HTTP/],
  [
    'streaming-mode',
    evidence({ status: 200, body: '', urlInvokeMode: 'BUFFERED' }),
    /streaming/,
    running({ AWS_LWA_INVOKE_MODE: 'response_stream' }),
  ],
])('%s', expectNamed);

it('of a URL nothing is named that would blame the app, which has just passed by Invoke', () => {
  const streaming = running({ AWS_LWA_INVOKE_MODE: 'response_stream' });
  const bad = evidence({ status: 502, body: 'Internal Server Error' });
  expect(diagnoseUrl([{ ...bad, urlInvokeMode: 'BUFFERED' }], streaming)?.cause).toBe('streaming-mode');
  expect(diagnoseUrl([{ ...bad, urlInvokeMode: 'BUFFERED' }], running({}))).toBeUndefined();
  expect(diagnoseUrl([{ ...bad, urlInvokeMode: 'RESPONSE_STREAM' }], streaming)).toBeUndefined();
  expect(diagnoseUrl([bad], streaming)).toBeUndefined();
  expect(diagnoseUrl([evidence({ status: 404, urlInvokeMode: 'BUFFERED' })], running({}))).toBeUndefined();
});

it.each([
  ['whole', '{"statusCode":200,"headers":{"a":"b"},"body":"ok","isBase64Encoded":false}'],
  ['whole', '{ "statusCode": 401, "body": "no" }'],
  ['streamed', `{"statusCode":200,"headers":{}}${'\0'.repeat(8)}ok`],
  [undefined, '{"statusCode":404,"message":"Cannot GET /health","error":"Not Found"}'],
  [undefined, '{"status":"ok"}'],
  [undefined, ''],
])('%s: %j', (form, body) => {
  expect(rawAnswer(body)).toBe(form);
});
