import { expect, it } from 'vitest';
import { causes } from '../../../src/deploy/diagnosis/causes.ts';
import { diagnose } from '../../../src/deploy/diagnosis.ts';
import { evidence, notReady, timedOut } from './seen.ts';

it('the first of several attempts counts where the later ones hide the cause', () => {
  const [first, later] = [timedOut('listening on 3000', notReady), timedOut()];
  expect(diagnose([first, later])?.cause).toBe('wrong-port');
  expect(diagnose([first, evidence({ status: 404 })])?.cause).toBe('path-not-found');
});

it('an error that the server logs after its answer is taken from the attempt that follows', () => {
  const answer = evidence({ status: 500, body: 'Internal Server Error' });
  const access = 'INFO:     127.0.0.1:0 - "GET /health HTTP/1.1" 500 Internal Server Error';
  const [first, second, third] = [
    { ...answer, logTail: `INFO:     Application startup complete.\n${access}` },
    { ...answer, logTail: `Traceback (most recent call last):\nRuntimeError: the pool is closed\n${access}` },
    { ...answer, logTail: access },
  ];
  expect(diagnose([first, second, third])?.sentence).toMatch(/words: RuntimeError: the pool is closed\.$/);
  expect(diagnose([third, first])?.sentence).toMatch(/words: INFO: +Application startup complete\.$/);
  expect(diagnose([third])?.sentence).toMatch(/It printed nothing about it\.$/);
});

it('nothing is said of nothing, and each cause has an id of its own', () => {
  expect(diagnose([evidence({})])).toBeUndefined();
  expect(diagnose([])).toBeUndefined();
  expect(new Set(causes.map(({ id }) => id)).size).toBe(causes.length);
});
