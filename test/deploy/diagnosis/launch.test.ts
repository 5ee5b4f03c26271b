import { it } from 'vitest';
import { expectNamed, failed, type Row } from './seen.ts';

it.each<Row>([
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
    failed('Runtime.InvalidEntrypoint', 'fork/exec /usr/local/bin/aws_lambda_ric: no such file or directory'),
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
    'entry-point-invalid',
    failed('Runtime.InvalidEntrypoint', 'fork/exec /app/server.mjs/run: not a directory'),
    /\/app\/server\.mjs\/run/,
  ],
])('%s', expectNamed);
