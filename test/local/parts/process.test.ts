import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeployError } from '../../../src/errors.ts';
import {
  identify,
  isAlive,
  lastLines,
  run,
  startDaemon,
  stopProcess,
  tryRun,
  until,
} from '../../../src/local/parts/process.ts';

const node = process.execPath;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'process-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('run', () => {
  it('returns what the program wrote, and passes input and environment', async () => {
    const program = 'process.stdin.on("data", (d) => process.stdout.write(d + process.env.WHO))';
    expect(await run(node, ['-e', program], { input: 'hello ', env: { WHO: 'you' } })).toBe('hello you');
  });

  it('fails with the last lines, what it was for and what to do', async () => {
    const program = 'for (let i = 0; i < 20; i++) console.error("line " + i); process.exit(3)';
    const error: unknown = await run(node, ['-e', program], { what: 'Make tea', hint: 'Boil water.' }).catch(
      (e) => e,
    );
    expect(error).toBeInstanceOf(DeployError);
    expect(String(error)).toMatch(/Make tea: failed \(exit code 3\): line 14 \| .*line 19$/);
    expect((error as DeployError).hint).toBe('Boil water.');
  });

  it('does not throw for a program that does not exist', async () => {
    const { code, stderr } = await tryRun(join(folder, 'nothing'), []);
    expect(code).toBe(-1);
    expect(stderr).toContain('ENOENT');
  });

  it('ends a program that takes too long', async () => {
    const { code, stderr } = await tryRun(node, ['-e', 'setInterval(() => {}, 1000)'], { timeout: 100 });
    expect(code).toBe(-1);
    expect(stderr).toContain('SIGTERM');
  });
});

describe('lastLines', () => {
  it('drops empty lines and keeps the end', () => {
    expect(lastLines('a\n\n  b \nc\n', 2)).toBe('b | c');
  });
});

describe('a daemon', () => {
  it('writes to its log, is recognised, and is stopped', async () => {
    const log = join(folder, 'log');
    const program = 'console.log("up"); setInterval(() => {}, 1000)';
    const id = startDaemon(node, ['-e', program], { log, env: process.env, cwd: folder });
    expect(await until(async () => (await readFile(log, 'utf8')).includes('up'), 5000)).toBe(true);
    expect(isAlive(id)).toBe(true);
    expect(isAlive({ ...id, start: `${id.start}0` })).toBe(false);
    await stopProcess({ ...id, start: `${id.start}0` });
    expect(isAlive(id)).toBe(true);
    await stopProcess(id);
    expect(isAlive(id)).toBe(false);
  });

  it('is killed where it does not mind SIGTERM', async () => {
    const log = join(folder, 'stubborn');
    const program = 'process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)';
    const id = startDaemon(node, ['-e', program], { log, env: process.env, cwd: folder });
    await until(async () => (await readFile(log, 'utf8')).includes('up'), 5000);
    await stopProcess(id, 100);
    expect(isAlive(id)).toBe(false);
  });

  it('does not count as running once it has ended', async () => {
    const child = spawn(node, ['-e', '']);
    const pid = child.pid ?? 0;
    await once(child, 'close');
    expect(identify(pid)).toBeUndefined();
  });
});
