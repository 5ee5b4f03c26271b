import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FunctionState } from '../../src/aws/lambda.ts';
import { causes } from '../../src/deploy/diagnosis/causes.ts';
import {
  diagnose,
  type Evidence,
  noEvidence,
  type Surroundings,
  tellingLine,
} from '../../src/deploy/diagnosis.ts';
import { functionError, httpAnswer, initDuration } from '../../src/deploy/http-event.ts';

const evidence = (more: Partial<Evidence>): Evidence => ({ ...noEvidence('/health', 200), ...more });
const failed = (errorType: string, errorMessage: string, ...log: string[]): Evidence =>
  evidence({ errorType, errorMessage: `RequestId: 1f Error: ${errorMessage}`, logTail: log.join('\n') });
const report =
  'REPORT RequestId: 1f\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 90 MB';
const timedOut = (...log: string[]): Evidence =>
  failed('Sandbox.Timedout', 'Task timed out after 3.00 seconds', ...log, `${report}\tStatus: timeout`);
const running = (environment: Record<string, string>, more: Partial<FunctionState> = {}): Surroundings => ({
  function: {
    architecture: 'amd64',
    stateReasonCode: '',
    lastUpdateReasonCode: '',
    settings: { memoryMb: 128, timeoutSeconds: 3, environment },
    ...more,
  } as FunctionState,
});
const notReady = 'app is not ready after 2000ms url=http://127.0.0.1:8080/';

describe("Lambda's own words, which are not the emulator's", () => {
  it.each<[string, Evidence, RegExp, Surroundings?]>([
    [
      'wrong-architecture',
      failed(
        'Runtime.InvalidEntrypoint',
        'fork/exec /lambda-entrypoint.sh: exec format error',
        'IMAGE\tLaunch error: fork/exec /lambda-entrypoint.sh: exec format error\tEntrypoint: [/lambda-entrypoint.sh]\tCmd: []\tWorkingDir: [/var/task]',
      ),
      /\/lambda-entrypoint\.sh/,
    ],
    [
      'wrong-architecture',
      failed(
        'Extension.LaunchError',
        'fork/exec /opt/extensions/lambda-adapter: exec format error',
        'EXTENSION\tName: lambda-adapter\tState: LaunchError\tEvents: []\tError Type: UnknownError',
      ),
      /\/opt\/extensions\/lambda-adapter/,
    ],
    [
      'extension-not-executable',
      failed(
        'Extension.LaunchError',
        'fork/exec /opt/extensions/lambda-adapter: permission denied',
        'EXTENSION\tName: lambda-adapter\tState: LaunchError\tEvents: []\tError Type: PermissionDenied',
      ),
      /\/opt\/extensions\/lambda-adapter/,
    ],
    ['extension-failed', failed('Extension.Crash', 'exit code 0'), /extension/],
    [
      'entry-point-missing',
      failed(
        'Runtime.InvalidEntrypoint',
        'fork/exec /usr/local/bin/aws_lambda_ric: no such file or directory',
      ),
      /aws_lambda_ric/,
    ],
    [
      'entry-point-not-executable',
      failed('Runtime.InvalidEntrypoint', 'fork/exec /app/run: permission denied'),
      /\/app\/run/,
    ],
    [
      'working-directory-missing',
      failed('Runtime.InvalidWorkingDir', 'chdir /srv: no such file or directory'),
      /\/srv/,
    ],
    [
      'out-of-memory',
      failed('Runtime.OutOfMemory', 'Runtime exited with error: signal: killed', report),
      /128 MB/,
    ],
    [
      'out-of-memory',
      failed(
        'Runtime.ExitError',
        'Runtime exited with error: exit status 1',
        report.replace('Used: 90', 'Used: 128'),
      ),
      /128 MB/,
    ],
    [
      'crash-at-start',
      failed(
        'Runtime.ExitError',
        'Runtime exited with error: exit status 1',
        'Traceback (most recent call last):',
        '  File "/app/main.py", line 3, in <module>',
        'ValueError: bad configuration',
        'INIT_REPORT Init Duration: 812.00 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError',
      ),
      /status 1.*ValueError: bad configuration/,
    ],
    [
      'wrong-port',
      timedOut('INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)', notReady),
      /8000.*8080/,
    ],
    ['wrong-port', timedOut(' * Running on http://127.0.0.1:5000', notReady), /5000.*8080/],
    ['wrong-port', timedOut('Tomcat started on port 9090 (http) with context path', notReady), /9090/],
    [
      'wrong-port',
      timedOut(notReady),
      /8000.*8080/,
      {
        image: {
          architecture: 'amd64',
          environment: {},
          entryPoint: [],
          command: ['uvicorn', 'main:app', '--port', '8000'],
          workingDirectory: '/',
          history: [],
        },
      },
    ],
    ['never-ready', timedOut('Uvicorn running on http://0.0.0.0:8080', notReady), /8080/],
    [
      'timeout',
      timedOut('EXTENSION\tName: lambda-adapter\tState: Ready\tEvents: []', 'waiting for the database'),
      /3 s.*database/,
    ],
    ['adapter-not-running', timedOut('listening on 8080'), /Lambda Web Adapter/],
    [
      'environment-variable-missing',
      failed(
        'Runtime.ExitError',
        'exit status 1',
        '    raise KeyError(key) from None',
        "KeyError: 'DATABASE_URL'",
      ),
      /DATABASE_URL/,
    ],
    [
      'environment-variable-missing',
      failed(
        'Runtime.ExitError',
        'exit status 1',
        'pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings',
        'database_url',
        '  Field required [type=missing, input_value={}, input_type=dict]',
      ),
      /DATABASE_URL/,
    ],
    [
      'environment-variable-missing',
      failed('Runtime.ExitError', 'exit status 1', 'panic: required key DATABASE_URL missing value'),
      /DATABASE_URL/,
    ],
    [
      'crash-at-start',
      failed('Runtime.ExitError', 'exit status 1', 'Error: DATABASE_URL is invalid'),
      /DATABASE_URL is invalid/,
      running({ DATABASE_URL: 'x' }),
    ],
    [
      'read-only-file-system',
      failed(
        'Runtime.ExitError',
        'exit status 1',
        "OSError: [Errno 30] Read-only file system: '/app/data.db'",
      ),
      /\/app\/data\.db/,
    ],
    [
      'module-missing',
      failed('Runtime.ExitError', 'exit status 1', "ModuleNotFoundError: No module named 'fastapi'"),
      /fastapi/,
    ],
    [
      'image-deleted',
      evidence({ refusal: 'ResourceNotReadyException: not ready' }),
      /ECR/,
      running({}, { stateReasonCode: 'ImageDeleted' }),
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
    ['no-answer', evidence({ refusal: 'TimeoutError: no answer' }), /own Timeout is 3 s/, running({})],
    ['processor-feature-missing', failed('Runtime.ExitError', 'signal: illegal instruction'), /processor/],
    ['function-error', failed('TypeError', 'x is not a function'), /TypeError/],
  ])('%s', (cause, seen, says, around) => {
    const found = diagnose([seen], around);
    expect(found?.cause).toBe(cause);
    expect(found?.sentence).toMatch(says);
    expect(`${found?.sentence}${found?.cure}`).not.toMatch(/[{}\n]/);
  });

  it('the first of several attempts counts where the later ones hide the cause', () => {
    const [first, later] = [timedOut('listening on 3000', notReady), timedOut()];
    expect(diagnose([first, later])?.cause).toBe('wrong-port');
    expect(diagnose([first, evidence({ status: 404 })])?.cause).toBe('path-not-found');
  });

  it('nothing is said of nothing, and each cause has an id of its own', () => {
    expect(diagnose([evidence({})])).toBeUndefined();
    expect(diagnose([])).toBeUndefined();
    expect(new Set(causes.map(({ id }) => id)).size).toBe(causes.length);
  });
});

describe('text from outside, whatever it is', () => {
  const words = [
    'Error: ',
    'app is not ready after 2ms url=',
    'http://',
    ':8080',
    'Runtime.ExitError',
    '\n',
    '\0\0\0\0\0\0\0\0',
    '{"statusCode":',
    'listening on ',
    'EROFS',
    'REPORT ',
    'Init Duration: ',
    '[::',
    'port ',
    'KeyError: ',
    "'",
    'A_B',
  ];
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.oneof(fc.constantFrom(...words), fc.string())).map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom(...words), fc.nat(20_000))
      .map(([word, count]) => word.repeat(count / word.length)),
  );

  it('a diagnosis is made or not, on one line, and in time', () => {
    fc.assert(
      fc.property(
        text,
        text,
        text,
        fc.constantFrom(0, 200, 404, 500),
        (logTail, errorMessage, body, status) => {
          const found = diagnose([evidence({ logTail, errorMessage, body, status, errorType: 'X' })]);
          expect(`${found?.sentence}${found?.cure}${tellingLine(logTail)}`).not.toMatch(/[\n\r]/);
          expect((found?.sentence ?? '').length).toBeLessThan(1_500);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('payloads, preludes and REPORT lines are read or not, and never throw', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.json()), (payload) => {
        const answer = httpAnswer(payload);
        if (answer) expect(answer.status).toBeGreaterThanOrEqual(100);
        expect(typeof functionError(payload).type).toBe('string');
        expect([undefined, 'number']).toContain(initDuration(payload) === undefined ? undefined : 'number');
      }),
      { numRuns: 500 },
    );
  });
});
