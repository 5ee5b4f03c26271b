import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { readRecord } from '../../src/record.ts';
import { digestOf } from '../support/registry-images.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { type OldStoreMachine, startOldStoreMachine } from './old-store-machine.ts';

const LAYER = 500_000;

/** Its digest known, the file is fetched when the step runs. */
const slowDockerfile = (url: string, digest: string): string => `FROM scratch AS first
COPY one /one
ADD --checksum=${digest} ${url} /slow
FROM scratch
COPY large /large
COPY --from=first /slow /slow
CMD ["/slow"]
`;

describe('a build where the Engine takes no remote cache', () => {
  const parts = inject('parts');
  let machine: OldStoreMachine;
  beforeAll(async () => {
    machine = await startOldStoreMachine(parts);
  });
  afterAll(async () => await machine.close());

  it('starts an Engine of its own, and fills the cache beside what follows', async () => {
    const before = await machine.traces();
    const outcome = await machine.main();
    expect(outcome.exitCode, machine.log()).toBe(0);
    expect(outcome.outputs['build-result']).toBe('built');
    expect(machine.log()).toMatch(/Image checked: 2 layers read \(.*\), 2 of them from the builder's disk/);
    expect(outcome.state.engines).toMatch(/engine-[0-9a-f]{8}$/);
    // A bridge of its own, which lasts as long as the Engine.
    expect((await machine.traces()).links).toHaveLength(before.links.length + 1);
    await machine.post(outcome);
    expect(machine.log()).toContain('Layer cache: written in');
    expect(machine.cache.entries().some(({ key }) => key.startsWith('index-'))).toBe(true);
    expect(await machine.traces()).toEqual(before);
  });

  it('takes every step from the cache on the next machine, and writes nothing', async () => {
    const outcome = await machine.main();
    expect(outcome.exitCode, machine.log()).toBe(0);
    const record = await readRecord(outcome.outputs.record ?? '');
    expect(record.cache).toMatchObject({ kind: 'gha', hits: 3, total: 3 });
    expect(outcome.state['cache-export']).toBeUndefined();
    await machine.post(outcome);
    expect(machine.cache.counters()).toMatchObject({ bytesUp: 0, by: { CreateCacheEntry: 0 } });
  });

  it("fetches the last stage's cached layers while another stage is at work", async () => {
    const before = await machine.traces();
    let release = (): void => {};
    let isHeld = false;
    const content = { old: Buffer.from(randomUUID()), new: Buffer.from(randomUUID()) };
    const slow = createServer(({ url }, response) => {
      release = () => void response.end(url === '/old' ? content.old : content.new);
      if (!isHeld) release();
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void slow.close());
    const origin = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
    const file = join(machine.temp, 'Dockerfile.slow');
    await writeFile(join(machine.context, 'large'), randomBytes(LAYER));
    await writeFile(file, slowDockerfile(`${origin}/old`, digestOf(content.old)));
    const inputs = { file, 'cache-scope': 'slow' };
    await machine.post(await machine.main({ inputs }));

    await writeFile(file, slowDockerfile(`${origin}/new`, digestOf(content.new)));
    isHeld = true;
    const running = machine.main({ inputs });
    // The other stage gets its file only when the layer has arrived, which without this would never be.
    await vi.waitFor(
      () => expect(machine.cache.counters().bytesDown, machine.log()).toBeGreaterThan(LAYER),
      30_000,
    );
    isHeld = false;
    release();
    const outcome = await running;
    expect(outcome.exitCode, machine.log()).toBe(0);
    expect((await readRecord(outcome.outputs.record ?? '')).cache?.hits).toBe(2);
    await machine.post(outcome);
    expect(await machine.traces()).toEqual(before);
  });

  it('ends its Engine on a disk that is full by then, and the job succeeds', async () => {
    const disk = await mountSmallDisk(machine.runnerTemp, 256);
    try {
      const before = await machine.traces();
      const outcome = await machine.main({ inputs: { 'cache-scope': 'full-disk' } });
      expect(outcome.exitCode, machine.log()).toBe(0);
      disk.fill();
      const post = await machine.post(outcome);
      expect(post.exitCode, machine.log()).toBe(0);
      // Main's record is as it was: what post did is not in it.
      expect(machine.log()).toContain('The run record lacks what was done after the deploy. ');
      expect((await readRecord(outcome.outputs.record ?? '')).result).toBe('built');
      expect(await machine.traces()).toEqual({ ...before, files: [...before.files, 'filler'] });
    } finally {
      await disk.close();
    }
  });

  it('leaves nothing behind where the build fails', async () => {
    const before = await machine.traces();
    const file = join(machine.temp, 'Dockerfile.broken');
    await writeFile(file, 'FROM scratch\nCOPY one /one\nRUN ["/one"]\n');
    const outcome = await machine.main({ inputs: { file } });
    expect(outcome.exitCode, machine.log()).toBe(1);
    await machine.post(outcome);
    expect(await machine.traces()).toEqual(before);
  });

  it('says so where the private Engine does not start, and goes on to the next way', async () => {
    const before = await machine.traces();
    const broken = join(machine.temp, 'broken');
    await mkdir(broken);
    await writeFile(join(broken, 'dockerd'), '#!/bin/sh\necho "no space left on device" >&2\nexit 1\n');
    await chmod(join(broken, 'dockerd'), 0o755);
    const outcome = await machine.main({ env: { PATH: [broken, machine.path].join(delimiter) } });
    expect(machine.log()).toContain('A private Docker Engine does not start: no space left on device.');
    // The next way needs an image that may not be had here: whether it works or not, it is tried.
    expect(outcome.state.builder).toMatch(/^deploy-lambda-container-/);
    await machine.post(outcome);
    expect(await machine.traces()).toEqual(before);
  });
});
