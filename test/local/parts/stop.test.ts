import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stopParts } from '../../../src/local/parts/index.ts';
import { writeState } from '../../../src/local/parts/once.ts';
import { isAlive, type ProcessId, startDaemon, stopProcess } from '../../../src/local/parts/process.ts';
import { stopServer } from '../../../src/local/server-process.ts';

let folder: string;
let daemon: ProcessId;
let said: string[];
const say = (line: string): void => void said.push(line);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stop-'));
  said = [];
  const options = { log: join(folder, 'log'), env: process.env, cwd: folder };
  daemon = startDaemon(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], options);
});
afterEach(async () => {
  await stopProcess(daemon);
  await rm(folder, { recursive: true });
});

describe('stopping what was started', () => {
  it('says which registry it stops, and the second time that nothing ran', async () => {
    await writeState(join(folder, 'registry.json'), { port: 5001, password: 'x', process: daemon });
    expect(await stopParts(folder, say)).toBe(true);
    expect(said).toEqual(['Registry: stopping (localhost:5001) ...']);
    expect(isAlive(daemon)).toBe(false);
    expect(await stopParts(folder, say)).toBe(false);
    expect(said).toHaveLength(1);
  });

  it('says that it stops the server, and the second time that nothing ran', async () => {
    await writeState(join(folder, 'server.json'), { process: daemon, endpoint: 'http://127.0.0.1:1' });
    expect(await stopServer(folder, say)).toBe(true);
    expect(said).toEqual(['AWS on this machine: stopping, with the containers of its functions ...']);
    expect(isAlive(daemon)).toBe(false);
    expect(await stopServer(folder, say)).toBe(false);
    expect(said).toHaveLength(1);
  });

  it('is silent in a folder where nothing was ever started', async () => {
    expect([await stopServer(folder, say), await stopParts(folder, say)]).toEqual([false, false]);
    expect(said).toEqual([]);
  });
});
