import fc from 'fast-check';
import { expect, it } from 'vitest';
import { answerOf, hasStarted, isComplete } from '../../../src/local/aws/emulator-log.ts';

const rapid = '24 Nov 2026 10:54:43,300 [INFO] (rapid) ';
const line = fc.oneof(
  fc.string(),
  fc
    .tuple(
      fc.constantFrom(
        rapid,
        `${rapid}INIT REPORT(durationMs: `,
        `${rapid}First fatal error stored in appctx: `,
        `${rapid}Init failed error=`,
        'START RequestId: ',
        'REPORT RequestId: ',
      ),
      fc.string(),
    )
    .map((parts) => parts.join('')),
);

it('whatever a container logs, there is an answer in the form of Lambda', () => {
  fc.assert(
    fc.property(
      fc.array(line),
      fc.constantFrom(0, 200, 502),
      fc.uint8Array({ maxLength: 200 }),
      (lines, status, body) => {
        const answer = answerOf({
          requestId: 'id',
          version: '1',
          memoryMb: 128,
          timeoutSeconds: 3,
          status,
          body: Buffer.from(body),
          elapsedMs: 5,
          lines,
          launch: { entryPoint: [], command: [], workingDirectory: '/' },
        });
        expect(answer.log).toContain('REPORT RequestId: id');
        expect([undefined, 'Unhandled']).toContain(answer.functionError);
        expect(typeof isComplete(lines)).toBe(typeof hasStarted(lines));
      },
    ),
    { numRuns: 300 },
  );
});
