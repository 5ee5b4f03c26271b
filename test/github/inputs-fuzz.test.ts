import fc from 'fast-check';
import { expect, it } from 'vitest';
import { InputError, inputsFrom } from '../../src/github/inputs.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom('"', ',', '\n', '\r', '#', '=', '""', 'a=b', ' ', '\\', '5m', '1e999', '\0'),
        fc.string(),
      ),
    )
    .map((parts) => parts.join('')),
);

/** What a reader gives, or the documented error. */
function read<T>(work: () => T): T | InputError {
  try {
    return work();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}

it('any text of an input is read, or refused by an error that names the input', () => {
  fc.assert(
    fc.property(text, fc.boolean(), (value, comma) => {
      const inputs = inputsFrom({ INPUT_LIST: value });
      const list = read(() => inputs.list('list', { comma }));
      if (Array.isArray(list))
        expect(list.every((entry) => entry !== '' && entry === entry.trim())).toBe(true);
      const ms = read(() => inputs.duration('list', '5m'));
      if (typeof ms === 'number') expect(ms > 0 && Number.isSafeInteger(ms)).toBe(true);
      for (const answer of [
        list,
        ms,
        read(() => inputs.boolean('list', false)),
        read(() => inputs.choice('list', ['a'], 'a')),
      ])
        if (answer instanceof InputError) {
          expect(answer.message).toContain('`list`');
          expect(answer.message.length).toBeLessThan(3_000);
        }
    }),
    { numRuns: 500 },
  );
});
