import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Fault, runtimeToken } from '../support/cache-service.ts';
import { type OldStoreMachine, type RunOptions, startOldStoreMachine } from './old-store-machine.ts';

/** A run with something wrong about its cache. */
interface Case {
  what: string;
  fault?: Fault;
  run?: RunOptions;
  evict?: RegExp;
  /** What the log says, once. */
  says: RegExp;
}

/** Two of its files are in the cache; the third is new, so that there is something to build and to export. */
describe('a build whose layer cache fails', () => {
  const parts = inject('parts');
  let machine: OldStoreMachine;
  let runs = 0;
  beforeAll(async () => {
    machine = await startOldStoreMachine(parts);
  });
  afterAll(async () => await machine.close());

  /** Another repository each time: where the registry has the layers, nobody asks the cache for them. */
  const next = (): Record<string, string> => {
    runs += 1;
    return { repository: `faulty-${process.pid}-${runs}` };
  };
  const refill = async (): Promise<void> => {
    machine.cache.evict(() => true);
    await writeFile(join(machine.context, 'one'), `${runs} one `.repeat(5_000));
    await machine.post(await machine.main({ inputs: next() }));
    expect(machine.log()).toContain('Layer cache: written in');
    await writeFile(join(machine.context, 'two'), `${runs} two `.repeat(5_000));
  };

  it.each<Case>([
    {
      what: 'a service that is down',
      run: { env: { ACTIONS_RESULTS_URL: 'http://127.0.0.1:9/' } },
      says: /cache service is of no use \(it cannot be reached: .*\); building without/,
    },
    {
      what: 'a service that never answers',
      fault: { on: 'GetCacheEntryDownloadURL', delayMs: 60_000 },
      says: /cache service is of no use \(it does not answer within 5 s\); building without/,
    },
    {
      what: 'a service that falls silent after its first answer',
      fault: { on: 'GetBlob', delayMs: 60_000 },
      says: /The layer cache could not be used \(no answer within 15 s\); building once more without it/,
    },
    {
      what: 'a service that answers 429',
      fault: { on: 'GetCacheEntryDownloadURL', status: 429 },
      says: /cache service is of no use \(it answers HTTP 429\); building without/,
    },
    {
      what: 'a service that begins to throttle',
      fault: { on: 'GetCacheEntryDownloadURL', key: /^index-/, status: 429 },
      says: /The layer cache could not be read \(.*resource_exhausted\); this build went without it/,
    },
    {
      what: 'a truncated blob',
      fault: { on: 'GetBlob', key: /^buildkit-blob/, keepBytes: 100 },
      says: /The layer cache could not be used \(it does not hold what it lists\); building once more without it/,
    },
    {
      // BuildKit itself notices and runs the step.
      what: 'a blob that is evicted between index and fetch',
      evict: /^buildkit-blob/,
      says: /ERROR: blob sha256:\w+: not found/,
    },
    {
      what: 'an expired token',
      run: { env: { ACTIONS_RUNTIME_TOKEN: runtimeToken({ expiresInSeconds: -60 }) } },
      says: /the job's cache token has expired; building without/,
    },
    {
      what: 'an upload that is refused',
      fault: { on: ['PutBlob', 'PutBlock'], status: 403 },
      says: /The layer cache was not written: /,
    },
  ])('survives $what', async ({ fault, run, evict, says }) => {
    await refill();
    const before = await machine.traces();
    const end = fault && machine.cache.fail(fault);
    if (evict) expect(machine.cache.evict(({ key }) => evict.test(key))).toBeGreaterThan(0);
    const outcome = await machine.main({ ...run, inputs: next() });
    const post = await machine.post(outcome);
    end?.();
    expect(outcome.exitCode, machine.log()).toBe(0);
    expect(outcome.outputs['build-result']).toBe('built');
    expect(post.exitCode).toBe(0);
    expect(machine.log().match(new RegExp(says, 'g')), machine.log()).toHaveLength(1);
    expect(await machine.traces()).toEqual(before);
  });
});
