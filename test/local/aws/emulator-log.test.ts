import { expect, test } from 'vitest';
import { answerOf, type Observation } from '../../../src/local/aws/emulator-log.ts';

const rapid = (level: string, text: string) => `24 Nov 2026 10:54:43,300 [${level}] (rapid) ${text}`;
const observe = (more: Partial<Observation>): Observation => ({
  requestId: 'id',
  version: '3',
  memoryMb: 256,
  timeoutSeconds: 3,
  status: 200,
  body: Buffer.from('{"statusCode":200}'),
  elapsedMs: 100,
  lines: [],
  launch: { entryPoint: [], command: ['nosuch'], workingDirectory: '/app' },
  ...more,
});

test('a cold start: app lines before START, the emulator not heard, Init Duration from its own measure', () => {
  const lines = [
    rapid('INFO', 'INIT START(type: on-demand, phase: init)'),
    'START RequestId: other Version: 3',
    rapid('INFO', 'External agent lambda-adapter (9bd2) registered, subscribed to []'),
    'app boot',
    rapid('INFO', 'INIT RTDONE(status: success)'),
    rapid('INFO', 'INIT REPORT(durationMs: 88.822000)'),
    rapid('INFO', 'INVOKE START(requestId: other)'),
    'req /a',
    'REPORT RequestId: other\tInit Duration: 0.19 ms',
  ];
  const answer = answerOf(observe({ lines }));
  expect(answer.functionError).toBeUndefined();
  expect(answer.initMs).toBe(88.822);
  expect(answer.log).toBe(
    [
      'app boot',
      'EXTENSION\tName: lambda-adapter\tState: Ready\tEvents: []',
      'START RequestId: id Version: 3',
      'req /a',
      'END RequestId: id',
      'REPORT RequestId: id\tDuration: 11.18 ms\tBilled Duration: 100 ms\tMemory Size: 256 MB\tInit Duration: 88.82 ms',
      '',
    ].join('\n'),
  );
});

test('a command that is not there: the first cause, not that of the second try', () => {
  const lines = [
    rapid('INFO', 'INIT START(type: on-demand, phase: init)'),
    rapid('WARNING', 'First fatal error stored in appctx: Runtime.InvalidEntrypoint'),
    rapid('INFO', 'INIT REPORT(durationMs: 4.313000)'),
    rapid('ERROR', 'Init failed error=exec: "nosuch": executable file not found in $PATH InvokeID='),
    rapid('ERROR', 'Invoke failed error=ErrAgentNameCollision InvokeID=57b2'),
  ];
  const answer = answerOf(observe({ status: 502, body: Buffer.alloc(0), lines }));
  expect(answer).toMatchObject({ functionError: 'Unhandled', spent: true });
  expect(JSON.parse(answer.payload.toString())).toEqual({
    errorType: 'Runtime.InvalidEntrypoint',
    errorMessage: 'RequestId: id Error: exec: "nosuch": executable file not found in $PATH',
  });
  expect(answer.log).toContain(
    'IMAGE\tLaunch error: exec: "nosuch": executable file not found in $PATH\tEntrypoint: []\tCmd: [nosuch]',
  );
  expect(answer.log).toContain(
    'INIT_REPORT Init Duration: 4.31 ms\tPhase: init\tStatus: error\tError Type: Runtime.InvalidEntrypoint',
  );
});

test('a call that is cut off: what the app said, without the stack of the emulator', () => {
  const lines = [
    rapid('INFO', 'INVOKE START(requestId: other)'),
    'asking the other service',
    'time=2026-11-25T23:07:44.7572Z level=INFO msg="http: panic serving 127.0.0.1:45284: runtime error\\ngoroutine 34"',
  ];
  const answer = answerOf(observe({ status: 0, body: Buffer.alloc(0), lines }));
  expect(answer.log).toContain('START RequestId: id Version: 3\nasking the other service\n');
  expect(answer.log).toContain('Task timed out after 3.00 seconds');
  expect(answer.log).not.toContain('panic');
});

test.each([
  ['Task timed out after 3.00 seconds', 200, 'Sandbox.Timedout', true],
  [
    '{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"big"}',
    200,
    'Function.ResponseSizeTooLarge',
    undefined,
  ],
  [
    '{"errorType":"&alloc::boxed::Box","errorMessage":"client error (SendRequest)"}',
    502,
    '&alloc::boxed::Box',
    true,
  ],
])('%s', (body, status, errorType, spent) => {
  const answer = answerOf(observe({ status, body: Buffer.from(body) }));
  expect(JSON.parse(answer.payload.toString()).errorType).toBe(errorType);
  expect(answer.functionError).toBe('Unhandled');
  expect(answer.spent).toBe(spent);
});
