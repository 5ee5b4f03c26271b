import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Doubt, ignoreMatcher, parseIgnoreFile } from '../../src/docker/dockerignore.ts';

/** Text in which the characters that mean something are frequent. */
const pattern = fc.string({
  unit: fc.constantFrom('a', 'b', '/', '*', '?', '!', '[', ']', '-', '^', '\\', '.', ' ', '#'),
});

it('reads any text as patterns, or says that it is in doubt', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(pattern, fc.string())), (lines) => {
      const text = lines.join('\n');
      for (const line of parseIgnoreFile(text)) expect(line).not.toContain('\n');
      try {
        ignoreMatcher(parseIgnoreFile(text));
      } catch (error) {
        expect(error).toBeInstanceOf(Doubt);
      }
    }),
    { numRuns: 2_000 },
  );
});
