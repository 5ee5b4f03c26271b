import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDockerfile } from '../../src/docker/dockerfile.ts';
import { ADAPTER_IMAGE_1_1 } from '../../src/local/parts/adapter-image.ts';
import { PYTHON_IMAGE } from '../../src/local/parts/python-image.ts';
import { UV_IMAGE } from '../../src/local/parts/uv-image.ts';

const file = (name: string) =>
  readFile(join(import.meta.dirname, '..', '..', 'examples', 'fastapi', name), 'utf8');

describe('examples/fastapi', () => {
  it('names public images by version, each of which a machine without them has a stand-in for', async () => {
    const options = { buildArgs: {}, platform: 'linux/amd64', contexts: [] };
    const { images, doubt } = readDockerfile(await file('Dockerfile'), options);
    expect(images.toSorted()).toEqual([UV_IMAGE, ADAPTER_IMAGE_1_1, PYTHON_IMAGE].toSorted());
    expect(doubt).toBe('');
  });

  it('has one port for the server and the adapter', async () => {
    const text = await file('Dockerfile');
    const [port] = /(?<=AWS_LWA_PORT=)\d+/.exec(text) ?? [];
    expect(text).toContain(`"--port", "${port}"`);
    expect(text).toContain(`EXPOSE ${port}\n`);
  });

  it('locks its dependencies to the public index, each file with its hash', async () => {
    const lock = await file('uv.lock');
    const hosts = new Set([...lock.matchAll(/https?:\/\/[^/"]+/g)].map(([host]) => host));
    expect([...hosts].toSorted()).toEqual(['https://files.pythonhosted.org', 'https://pypi.org']);
    const files = lock.split('\n').filter((line) => line.includes('files.pythonhosted.org'));
    expect(files.length).toBeGreaterThan(50);
    for (const line of files) expect(line).toMatch(/hash = "sha256:[0-9a-f]{64}"/);
  });
});
