import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { run, tryRun } from '../../src/local/parts/process.ts';

const context = join(import.meta.dirname, '..', '..', 'example-api');
const image = `example-api:size-${process.pid}`;

/** Most that the image may take unpacked, in bytes, all layers together. */
const LIMIT = 220_000_000;

describe("example-api's image", () => {
  const { docker, buildContexts } = inject('parts');
  const env = { ...process.env, ...docker.env };
  const call = (...args: string[]) => run(docker.program, args, { env });
  const build = (...args: string[]) =>
    tryRun(
      docker.program,
      [
        ['buildx', 'build', '--load', '--provenance=false', '--progress=plain', `--tag=${image}`],
        buildContexts.map((line) => `--build-context=${line}`),
        args,
        [context],
      ].flat(),
      { env },
    );

  beforeAll(async () => {
    const { code, stderr } = await build();
    expect(code, stderr).toBe(0);
  });
  afterAll(() => tryRun(docker.program, ['image', 'rm', '--force', image], { env }));

  it('takes 220 MB or less unpacked, as docker history counts', async () => {
    const listed = await call('history', '--human=false', '--format={{.Size}}', image);
    const sizes = listed.trim().split('\n').map(Number);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(sizes.filter((size) => size > 0).length).toBeGreaterThan(4);
    // Node alone has more: a sum below would mean that Docker's column has another meaning.
    expect(total).toBeGreaterThan(100_000_000);
    expect(total).toBeLessThanOrEqual(LIMIT);
  });

  it('runs Node as another than root, with certificates and time zones, and has no shell', async () => {
    const script = `const { existsSync } = require('node:fs');
      console.log(JSON.stringify({
        user: process.getuid(),
        shell: existsSync('/bin/sh'),
        npm: existsSync('/usr/local/lib/node_modules/npm'),
        certificates: existsSync('/etc/ssl/certs/ca-certificates.crt'),
        zones: existsSync('/usr/share/zoneinfo/Europe/Berlin'),
      }))`;
    const printed = await call('run', '--rm', '--read-only', '--network=none', image, 'node', '-e', script);
    expect(JSON.parse(printed)).toEqual({
      user: 65532,
      shell: false,
      npm: false,
      certificates: true,
      zones: true,
    });
  });

  // Other builds in this Engine may drop a cache record between two builds; a step that is never cached fails all.
  it('builds from the cache alone when nothing has changed', { retry: 3 }, async () => {
    const { code, stderr } = await build();
    expect(code).toBe(0);
    const steps = [...stderr.matchAll(/^#(\d+) \[.*\] (?:RUN|COPY) /gm)].map(([, number]) => number);
    expect(steps.length).toBeGreaterThan(8);
    for (const number of steps) expect(stderr).toMatch(new RegExp(`^#${number} CACHED$`, 'm'));
  });
});
