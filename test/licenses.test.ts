import { expect, it } from 'vitest';
import { bundledPackages, isAllowed } from '../scripts/licenses.ts';

const bundles = await bundledPackages();

it.each([...bundles])('%s holds only packages that may be passed on', (_, packages) => {
  expect(packages.length).toBeGreaterThan(0);
  expect(packages.filter(({ license }) => !isAllowed(license))).toEqual([]);
});
