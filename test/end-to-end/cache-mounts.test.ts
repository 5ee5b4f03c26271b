import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { runDocker } from '../../src/docker/command.ts';
import { type MountsScene, startMountsScene } from './cache-mounts-scene.ts';

const parts = inject('parts');
let scene: MountsScene;
beforeEach(async () => {
  scene = await startMountsScene(parts);
});
afterEach(async () => await scene.close());

describe('a mount on fresh machines', () => {
  it('comes back with a changed lockfile only, and is saved only then', async () => {
    const first = await scene.job(scene.installer(), { lock: 'one', layers: true });
    expect(first.output).toBe('had:');
    expect(first).toMatchObject({
      mounts: [scene.nonce],
      lockfiles: ['lock'],
      save: { bytes: scene.archives()[0]?.bytes },
    });
    expect(first.restore).toBeUndefined();

    const same = await scene.job(scene.installer(), { lock: 'one', layers: true });
    expect(same.output).toBe('');
    expect(same).not.toHaveProperty('restore');
    expect(same).not.toHaveProperty('save');
    expect(same.reason).toContain('its layers come from the cache');

    const changed = await scene.job(scene.installer(), { lock: 'two' });
    expect(changed.output).toBe('had: one');
    expect(changed.restore?.bytes).toBe(scene.archives()[0]?.bytes);
    expect(Object.keys(changed.known).sort()).toEqual(['coldMs', 'restoreMs', 'saveMs', 'warmMs']);
    expect(scene.archives()).toHaveLength(2);
    expect(scene.lines.warning).toEqual([]);

    // Without a layer cache the same lockfile installs again: restored by its own key, and not saved twice.
    const again = await scene.job(scene.installer(), { lock: 'two', layerCache: false });
    expect(again.save).toBeUndefined();
    expect(scene.archives()).toHaveLength(2);
    expect(again.output).toBe('had: one two');
  });

  it('keeps owner, mode, time and kind of everything in it', async () => {
    const list = `find . -printf '%p %U:%G %m %T@ %y %l %s %n\\n' | sort`;
    const text = `FROM node:24-bookworm-slim
ENV NAME=${scene.nonce}
COPY lock /
RUN --mount=type=cache,target=/mount-$NAME,uid=1000,gid=1001,mode=0750 --mount=type=cache,id=${scene.nonce}-b,target=/b,sharing=locked \\
  cd /mount-$NAME && if [ "$(cat /lock)" = one ]; then mkdir -p 'a b/.d' && echo x > 'a b/.d/f' && echo y > .hidden && echo z > ..odd \\
  && chown -R 7:8 'a b' && chmod 4711 .hidden && ln -s ../x link && ln .hidden hard && touch -hd 2020-01-01 link .hidden 'a b/.d/f' \\
  && touch -d 2021-01-01 'a b/.d' && echo b > /b/b; fi; ${list}; cat /b/b`;
    const first = await scene.job(text, { lock: 'one' });
    const second = await scene.job(text, { lock: 'two' });
    expect(second.restore).toBeDefined();
    const entries = ({ output }: { output: string }) =>
      output.split('\n').map((line) => line.replace(/^(\. \S+ \S+) \S+ /, '$1 '));
    expect(first.output).toContain('./.hidden 0:0 4711 1577836800');
    expect(entries(second)).toEqual(entries(first));
  });

  it('is moved with an image that has no tar', async () => {
    const base = `mount-test-${scene.nonce}`;
    await writeFile(
      join(scene.context, 'Dockerfile'),
      'FROM node:24-bookworm-slim\nRUN rm -f /bin/tar /usr/bin/tar',
    );
    const named = ['buildx', 'build', '--builder', 'default', '--tag', base];
    const contexts = parts.buildContexts.flatMap((entry) => ['--build-context', entry]);
    const made = await runDocker(scene.docker, [...named, ...contexts, '--load', scene.context]);
    expect(made.code, made.stderr).toBe(0);
    try {
      const text = scene
        .installer()
        .replace('node:24-bookworm-slim', base)
        .replace('cp /lock', 'chown 5:6 /c; cp /lock');
      await scene.job(text, { lock: 'one' });
      const { output, restore } = await scene.job(text.replace('echo', 'stat -c %u:%g:%n /c/*; echo'), {
        lock: 'two',
      });
      expect(scene.lines.warning).toEqual([]);
      expect(restore).toBeDefined();
      expect(output).toBe('0:0:/c/one\nhad: one');
    } finally {
      await runDocker(scene.docker, ['image', 'rm', base]);
    }
  });

  it('is left as it is where the builder holds it already', async () => {
    await scene.job(scene.installer(), { lock: 'one', keepMachine: true });
    const { output, reason, restore } = await scene.job(scene.installer(), { mode: 'auto', lock: 'two' });
    expect(output).toBe('had: one');
    expect(reason).toBe('the builder holds these mounts already');
    expect(restore).toBeUndefined();
    expect(scene.archives()).toHaveLength(1);
  });
});

it('auto measures without, tries it out, and goes on because it pays', async () => {
  const slow = scene.installer().replace('; cp /lock', '; [ -e /c/one ] || sleep 8; cp /lock');
  const [first, second, third] = [
    await scene.job(slow, { mode: 'auto', lock: 'one' }),
    await scene.job(slow, { mode: 'auto', lock: 'two' }),
    await scene.job(slow, { mode: 'auto', lock: 'three' }),
  ];
  expect(first.reason).toBe('nothing was measured yet');
  expect(first.save).toBeDefined();
  expect(second.reason).toMatch(/^tried out \(8\.\d s without, \? with, \? to restore, \d\.\d s to save\)$/);
  expect(second.output).toBe('had: one');
  expect(third.reason).toMatch(/^it pays /);
  expect(third.output).toBe('had: one two');
  expect(third.gainMs).toBeGreaterThan(0);
});

it('auto leaves a short installation alone', async () => {
  const first = await scene.job(scene.installer(), { mode: 'auto', lock: 'one' });
  const second = await scene.job(scene.installer(), { mode: 'auto', lock: 'two' });
  expect(first.save).toBeUndefined();
  expect(second.reason).toMatch(/^installing takes only 0\.\d s$/);
  expect(second.output).toBe('had:');
  expect(scene.archives()).toEqual([]);
});
