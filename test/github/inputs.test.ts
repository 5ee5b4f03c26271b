import { describe, expect, it } from 'vitest';
import { InputError, inputsFrom, parseDuration } from '../../src/github/inputs.ts';

const inputs = (values: Record<string, string>) =>
  inputsFrom(
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
  );

describe('list', () => {
  it.each<[string, string, string[]]>([
    ['one a line, blank lines left out', 'a=1\n\n  b=2  \n', ['a=1', 'b=2']],
    ['a comma stays in the entry', 'a=1,2\nb', ['a=1,2', 'b']],
    ['quotes hold line ends', '"a=first\nsecond"\nb=2', ['a=first\nsecond', 'b=2']],
    ['doubled quotes are one', '"a=say ""hi"""', ['a=say "hi"']],
    ['a quote inside an entry stays', 'a=5"\nb', ['a=5"', 'b']],
    ['comment lines are left out, # inside stays', '# note\na=#1', ['a=#1']],
    ['nothing', '', []],
  ])('%s', (_, text, expected) => {
    expect(inputs({ x: text }).list('x')).toEqual(expected);
  });

  it('takes a comma as an end where asked to', () => {
    expect(inputs({ x: 'a, b\nc' }).list('x', { comma: true })).toEqual(['a', 'b', 'c']);
  });
});

describe('choice, boolean and required', () => {
  it('fall back where nothing is set', () => {
    const none = inputs({});
    expect(none.choice('cache', ['auto', 'off'], 'auto')).toBe('auto');
    expect(none.boolean('push', true)).toBe(true);
  });

  it.each(['yes', '1', 'tRue'])(
    'refuse %j as a boolean, naming input, value and what is allowed',
    (value) => {
      expect(() => inputs({ push: value }).boolean('push', true)).toThrowError(
        `Input \`push\` is "${value}"; allowed: \`true\` or \`false\`.`,
      );
    },
  );

  it('refuse another choice', () => {
    expect(() => inputs({ cache: 'gh' }).choice('cache', ['auto', 'gha'], 'auto')).toThrowError(
      'Input `cache` is "gh"; allowed: `auto`, `gha`.',
    );
  });

  it('refuse a required input that is empty', () => {
    expect(() => inputs({ repository: '  ' }).required('repository', 'a name')).toThrowError(
      'Input `repository` is empty; allowed: a name.',
    );
  });

  it('cut a very long value in the message', () => {
    expect(() => inputs({ push: 'x'.repeat(5000) }).boolean('push', true)).toThrowError(/^.{200,300}$/);
  });
});

describe('parseDuration', () => {
  it.each<[string, number]>([
    ['90s', 90_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['30', 30_000],
    ['1.5m', 90_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text, 'x')).toBe(ms);
  });

  it.each(['', '0', '0s', '-1', '5 m', '5min', '1d', 'NaN', '1e3', '٣'])('refuses %j', (text) => {
    expect(() => parseDuration(text, 'smoke-timeout')).toThrow(InputError);
  });
});
