import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { run } from '../../src/local/parts/process.ts';
import { readRecord } from '../../src/record.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { type OldStoreMachine, startOldStoreMachine } from './old-store-machine.ts';

/** The build action with a Dockerfile whose installation keeps its downloads in a cache mount. */
describe('cache mounts in the build action', () => {
  const parts = inject('parts');
  const mount = `mount-${randomUUID().slice(0, 8)}`;
  let machine: OldStoreMachine;

  beforeAll(async () => {
    machine = await startOldStoreMachine(parts);
    await writeFile(
      join(machine.context, 'Dockerfile'),
      `FROM node:24-bookworm-slim AS install
COPY lock /lock
RUN --mount=type=cache,id=${mount},target=/downloads cat /downloads/* > /had; cp /lock /downloads/$(cat /lock)
FROM scratch
COPY --link --from=install /had /had
CMD ["/had"]
`,
    );
  });
  afterAll(async () => {
    await freshBuilder();
    await machine.close();
  });

  /** As on a machine that has built nothing yet. */
  const freshBuilder = async (): Promise<void> => {
    const filters = ['--filter', 'type=exec.cachemount', '--filter', `description~=${mount}`];
    await run(parts.docker.program, ['buildx', 'prune', '--builder', 'default', '--force', ...filters], {
      env: { ...process.env, ...parts.docker.env },
    });
  };
  /** Main and post with this lockfile; `between` runs before post. */
  const job = async (lock: string, mode: string, between = (): void => {}) => {
    // With this test's own name in it: a mount's id is no part of what BuildKit takes a step from the cache by.
    await writeFile(join(machine.context, 'lock'), `${mount}-${lock}`);
    // The machine's own builder, which has the base image.
    const inputs = {
      driver: 'docker',
      'cache-mounts': mode,
      'build-contexts': parts.buildContexts.join('\n'),
    };
    const outcome = await machine.main({ inputs });
    expect(outcome.exitCode, machine.log()).toBe(0);
    between();
    const post = await machine.post(outcome);
    expect(post.exitCode, machine.log()).toBe(0);
    await freshBuilder();
    return (await readRecord(outcome.outputs.record ?? '')).cacheMounts;
  };

  it('come back on the next machine where the lockfile has changed, and the record says what it cost', async () => {
    const before = await machine.traces();
    const first = await job('one', 'true');
    expect(first, machine.log()).toMatchObject({ mode: 'true', mounts: [mount], lockfiles: ['lock'] });
    expect(first?.restore).toBeUndefined();
    expect(first?.save, machine.log()).toMatchObject({ bytes: expect.any(Number) });

    const second = await job('two', 'true');
    expect(second?.restore?.bytes, machine.log()).toBe(first?.save?.bytes);
    expect(second?.installMs).toBeGreaterThan(0);
    expect(await machine.traces()).toEqual(before);
  });

  it('are not saved where the disk is full by then; the job succeeds, and nothing is left of it', async () => {
    const disk = await mountSmallDisk(machine.runnerTemp, 64);
    try {
      const before = await machine.traces();
      const record = await job('full', 'true', disk.fill);
      expect(record).toMatchObject({ mode: 'true', mounts: [mount] });
      expect(record?.save).toBeUndefined();
      expect(machine.log()).toMatch(/Cache mounts: not saved\..* The disk of \S+ is full\./);
      const after = await machine.traces();
      expect(after).toEqual({ ...before, files: [...before.files, 'filler'] });
    } finally {
      await disk.close();
    }
  });

  it('are neither filled nor saved with `false`', async () => {
    expect(await job('three', 'false')).toBeUndefined();
    expect(machine.log()).not.toContain('Cache mounts');
  });
});
