import { it } from 'vitest';
import { evidence, expectNamed, failed, notReady, type Row, report, running, timedOut } from './seen.ts';

it.each<Row>([
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
    failed('Runtime.ExitError', 'exit status 1', "OSError: [Errno 30] Read-only file system: '/app/data.db'"),
    /\/app\/data\.db/,
  ],
  [
    'module-missing',
    failed('Runtime.ExitError', 'exit status 1', "ModuleNotFoundError: No module named 'fastapi'"),
    /fastapi/,
  ],
  ['no-answer', evidence({ refusal: 'TimeoutError: no answer' }), /own Timeout is 3 s/, running({})],
  ['processor-feature-missing', failed('Runtime.ExitError', 'signal: illegal instruction'), /processor/],
  ['function-error', failed('TypeError', 'x is not a function'), /TypeError/],
])('%s', expectNamed);
