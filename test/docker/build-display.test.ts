import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drawsDisplay, failedRef, failureInHistory, failureLines } from '../../src/docker/build-display.ts';
import { buildFailure } from '../../src/docker/buildx.ts';

/** What Buildx 0.29 prints, shortened. */
const inspected = `Name:\t\tapp
Context:\t.
Dockerfile:\tDockerfile

Error:\t\tUnknown process "/bin/sh -c exit 7" did not complete successfully: exit code: 7
Build Steps:\t5/5 (20% cached)

Dockerfile:2
--------------------
   1 |     FROM node:24-bookworm-slim
   2 | >>> RUN exit 7
--------------------
`;
const entry = (id: string, status: string, created: string): string =>
  JSON.stringify({ ref: `default/default/${id}`, status, created_at: created });
const listed = [
  entry('newest', 'Completed', '2026-11-24T12:00:03.5Z'),
  entry('first', 'Error', '2026-11-24T12:00:01Z'),
  entry('second', 'Error', '2026-11-24T12:00:02Z'),
].join('\n');
const at = (second: number): number => Date.parse(`2026-11-24T12:00:0${second}Z`);

describe("buildx's own display", () => {
  it('is drawn on a terminal where BUILDKIT_PROGRESS says so, and never in a job', () => {
    const draws = (isTTY: boolean, env: Record<string, string>) => drawsDisplay(env, { isTTY });
    expect(draws(true, { BUILDKIT_PROGRESS: 'tty' })).toBe(true);
    expect(draws(true, { BUILDKIT_PROGRESS: 'plain' })).toBe(false);
    expect(draws(true, {})).toBe(false);
    expect(draws(false, { BUILDKIT_PROGRESS: 'tty' })).toBe(false);
  });
});

describe('the reason of a build that went to a terminal', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'display-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A docker that notes its arguments and answers from files. */
  async function docker(script: string): Promise<{ program: string; env: NodeJS.ProcessEnv }> {
    const program = join(folder, 'docker');
    await writeFile(program, `#!/bin/sh\ncd '${folder}'\n${script}\n`);
    await chmod(program, 0o755);
    return { program, env: process.env };
  }

  it('is that of the newest build that failed since', () => {
    expect(failedRef(listed, at(0))).toBe('second');
    expect(failedRef(listed, at(3))).toBe('');
    expect(failedRef('', at(0))).toBe('');
  });

  it('comes to the same error as the lines of a job', () => {
    const { message, hint } = buildFailure('app/Dockerfile', failureLines(inspected));
    expect(message).toBe(
      'Build of app/Dockerfile failed (Dockerfile:2): process "/bin/sh -c exit 7" did not complete successfully: exit code: 7.',
    );
    expect(hint).toMatch(/stands above/);
  });

  it("is read from the builder's history", async () => {
    await writeFile(join(folder, 'ls'), listed);
    await writeFile(join(folder, 'inspect'), inspected);
    const fake = await docker('[ "$1 $2 $3 $4" = "buildx --builder mine history" ] && cat "$5"');
    expect(await failureInHistory(fake, 'mine', at(0))).toEqual([
      'Dockerfile:2',
      'ERROR: process "/bin/sh -c exit 7" did not complete successfully: exit code: 7',
    ]);
  });

  it('points to the terminal where the history does not tell', async () => {
    const tail = await failureInHistory(await docker('echo no history >&2; exit 1'), '', at(0));
    expect(tail).toEqual([]);
    expect(buildFailure('', tail).message).toBe('Build of the Dockerfile failed: buildx says why above.');
  });
});
