import { describe, expect, it } from 'vitest';
import { commandReader, readFileCommands } from '../../src/local/workflow-commands.ts';

function read(...lines: string[]): { printed: string[]; errors: string[] } {
  const printed: string[] = [];
  const reader = commandReader((line) => printed.push(line));
  for (const line of lines) reader.line(line);
  return { printed, errors: reader.errors };
}

describe('commandReader', () => {
  it('indents a group, leaves debug out and keeps plain lines', () => {
    expect(read('plain', '::group::Build', 'inside', '::endgroup::', '::debug::x', 'after').printed).toEqual([
      'plain',
      'Build',
      '  inside',
      'after',
    ]);
  });

  it('keeps errors with their percent escapes undone', () => {
    const { printed, errors } = read('::error title=Deploy::50%25 of it%0Afailed: a::b');
    expect(errors).toEqual(['50% of it\nfailed: a::b']);
    expect(printed).toEqual(['Error: 50% of it\nfailed: a::b']);
  });

  it('hides what was masked, colons included', () => {
    expect(read('::add-mask::se::cret', 'the se::cret word', '::warning::se::cret').printed).toEqual([
      'the *** word',
      'Warning: ***',
    ]);
  });

  it('obeys no command while commands are stopped', () => {
    const { printed, errors } = read(
      '::stop-commands::t0ken',
      '::error::planted',
      '::t0ken::',
      '::error::real',
    );
    expect(printed).toEqual(['::error::planted', 'Error: real']);
    expect(errors).toEqual(['real']);
  });
});

describe('readFileCommands', () => {
  it('reads single lines and blocks, the last value of a name wins', () => {
    expect(readFileCommands('a=1\nb<<END\nx\ny\nEND\nc=k=v\na=2\n')).toEqual({ a: '2', b: 'x\ny', c: 'k=v' });
  });

  it('keeps an empty block empty', () => {
    expect(readFileCommands('a<<END\n\nEND\n')).toEqual({ a: '' });
  });
});
