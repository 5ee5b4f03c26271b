import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnose, tellingLine } from '../../../src/deploy/diagnosis.ts';
import { functionError, httpAnswer, initDuration } from '../../../src/deploy/http-event.ts';
import { evidence } from './seen.ts';

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
