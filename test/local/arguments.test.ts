import { describe, expect, it } from 'vitest';
import { readArguments } from '../../src/local/arguments.ts';

describe('readArguments', () => {
  it('deploys example-api by default', () => {
    expect(readArguments([])).toEqual({
      name: 'deploy',
      context: 'example-api',
      functionName: 'example-api',
      memoryMb: 512,
      environment: {},
      build: {},
      deploy: {},
    });
  });

  it('names the function after the context folder, made safe for a repository', () => {
    expect(readArguments(['--context', '../My App/'])).toMatchObject({ functionName: 'my-app' });
  });

  it('hands options on as inputs of the actions', () => {
    expect(
      readArguments([
        '--build-arg',
        'A=1',
        '--build-arg',
        'B="x"',
        '--smoke-path',
        '/ready',
        '--env',
        'K=v=w',
        '--rebuild',
      ]),
    ).toMatchObject({
      build: { 'build-args': 'A=1\n"B=""x"""', rebuild: 'always' },
      deploy: { 'smoke-path': '/ready' },
      environment: { K: 'v=w' },
    });
  });

  it('reads the other commands', () => {
    expect(readArguments(['invoke', '/todos'])).toEqual({
      name: 'invoke',
      functionName: 'example-api',
      path: '/todos',
    });
    expect(readArguments(['logs', '--function', 'f'])).toEqual({ name: 'logs', functionName: 'f' });
    expect(readArguments(['down'])).toEqual({ name: 'down' });
    expect(readArguments(['--help'])).toEqual({ name: 'help' });
  });

  it.each<[string[], RegExp]>([
    [['up'], /Unknown command "up"; allowed: invoke PATH/],
    [['--contxt', 'x'], /contxt/],
    [['invoke', 'todos'], /"todos" is not a path/],
    [['logs', 'more'], /Too many words: more/],
    [['--memory', '64'], /--memory is "64"; allowed: 128 to 10240/],
    [['--env', 'novalue'], /--env is "novalue"; allowed: NAME=VALUE/],
    [['--function', 'Bad Name'], /--function is "Bad Name"; allowed/],
  ])('refuses %j', (args, message) => {
    expect(() => readArguments(args)).toThrowError(message);
  });
});
