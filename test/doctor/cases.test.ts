import { expect, test } from 'vitest';
import { casesTable, outcomeOf, projectCases } from './cases.ts';

const cases = await projectCases();

test.each(cases)('$name', async (one) => {
  const { expected, named } = await outcomeOf(one);
  expect(named).toBe(expected);
});

test('there are as many as promised', () => {
  expect(cases.filter(({ expected }) => expected.length > 0).length).toBeGreaterThanOrEqual(25);
  expect(cases.filter(({ expected }) => expected.length === 0).length).toBeGreaterThanOrEqual(10);
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});

test('the table says what is wrong, and in its last line what was not run', () => {
  const outcomes = [
    { name: 'a', expected: 'x', named: 'x', ok: true },
    { name: 'b', expected: '', named: 'y', ok: false },
  ];
  const table = casesTable(outcomes, '');
  expect(table).toMatch(/^b +nothing +y +WRONG$/m);
  expect(table).toMatch(/\n1 of 2 named rightly$/);
  expect(casesTable(outcomes, '3 images: no Engine')).toMatch(/\nNOT RUN: 3 images: no Engine$/);
});
