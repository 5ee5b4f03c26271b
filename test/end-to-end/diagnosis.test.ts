import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { causes } from '../../src/deploy/diagnosis/causes.ts';
import { BROKEN, HEALTHY } from './broken-images/cases.ts';
import { type ImageStand, startImageStand } from './broken-images/stand.ts';

let stand: ImageStand;
beforeAll(async () => {
  stand = await startImageStand(inject('parts'), [...BROKEN, ...HEALTHY]);
});
afterAll(() => stand.close());

describe.concurrent('broken images, each run on the local Lambda', { timeout: 60_000 }, () => {
  it.each(BROKEN)('$name: $cause', async (image) => {
    const { diagnosis, message } = await stand.smoke(image);
    expect(diagnosis?.cause, message).toBe(image.cause);
    expect(diagnosis?.sentence).toMatch(image.says ?? /./);
    expect(diagnosis?.cure).not.toBe('');
    expect(message).toContain(diagnosis?.sentence);
  });
});

it('every cause has a broken image', () => {
  const shown = new Set(BROKEN.map(({ cause }) => cause));
  // Docker makes a working directory that is missing, so no container can show its cause.
  expect(causes.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual(['working-directory-missing']);
});

describe.concurrent('healthy images', { timeout: 60_000 }, () => {
  it.each(HEALTHY)('$name', async (image) => {
    const { attempts, message } = await stand.smoke(image);
    expect(message).toBeUndefined();
    expect(attempts.at(-1)).toMatchObject({ ok: true, status: 200 });
  });
});
