import { expect, it } from 'vitest';
import { causes } from '../../../src/deploy/diagnosis/causes.ts';
import { diagnose } from '../../../src/deploy/diagnosis.ts';
import { evidence, notReady, timedOut } from './seen.ts';

it('the first of several attempts counts where the later ones hide the cause', () => {
  const [first, later] = [timedOut('listening on 3000', notReady), timedOut()];
  expect(diagnose([first, later])?.cause).toBe('wrong-port');
  expect(diagnose([first, evidence({ status: 404 })])?.cause).toBe('path-not-found');
});

it('nothing is said of nothing, and each cause has an id of its own', () => {
  expect(diagnose([evidence({})])).toBeUndefined();
  expect(diagnose([])).toBeUndefined();
  expect(new Set(causes.map(({ id }) => id)).size).toBe(causes.length);
});
