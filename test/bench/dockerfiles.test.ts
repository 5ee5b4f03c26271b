import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Style } from '../../bench/pipeline/app.ts';
import { replaced, withImages } from '../../bench/pipeline/app-files.ts';
import { APPS } from '../../bench/pipeline/apps.ts';
import { dockerfile as fastapi } from '../../bench/pipeline/fastapi/dockerfiles.ts';
import { wheelsOf } from '../../bench/pipeline/fastapi/wheels.ts';
import { hubName } from '../../bench/pipeline/hub.ts';
import { dockerfile as node } from '../../bench/pipeline/node/dockerfiles.ts';

const file = (path: string) =>
  readFileSync(join(import.meta.dirname, '..', '..', path, 'Dockerfile'), 'utf8');
const example = file('examples/fastapi');
const python = (style: Style) => fastapi(style, example, ['boto3', 'httpx']);
/** The instructions that one Dockerfile has and the other has not. */
const added = (text: string, other: string) => {
  const lines = other.split('\n');
  return text.split('\n').filter((line) => !lines.includes(line));
};

describe('the FastAPI app', () => {
  const kept = python('recommended');

  it('has the Dockerfile of the example, which imports what the app does', () => {
    expect(added(kept, example)).toEqual([
      expect.stringMatching(/^RUN python -c "import boto3, httpx, fastapi, /),
    ]);
  });

  it.each<[Style, string[]]>([
    ['unordered', ['COPY --link . .']],
    ['uncompiled', ['ENV UV_LINK_MODE=copy \\']],
    ['unmounted', ['RUN uv sync --frozen --no-install-project --no-dev']],
    ['single', []],
  ])('breaks one rule of it as %s', (style, lines) => {
    expect(python(style)).not.toBe(kept);
    expect(added(python(style), kept)).toEqual(lines);
  });

  it('links nothing where it is unlinked, and is the same else', () => {
    expect(python('unlinked')).not.toContain('COPY --link');
    expect(python('unlinked').replaceAll('COPY ', '')).toBe(kept.replaceAll(/COPY (--link )?/g, ''));
  });

  it('has one stage where all is in one', () => {
    expect(kept.match(/^FROM (?!scratch)/gm)).toHaveLength(2);
    expect(python('single').match(/^FROM (?!scratch)/gm)).toHaveLength(1);
    expect(python('single')).not.toContain('--from=builder');
  });

  it('compiles nothing in the build where it is uncompiled', () => {
    expect(python('uncompiled')).not.toMatch(/COMPILE_BYTECODE|INVALIDATION|^RUN python/m);
  });

  it('names no style that it has not', () => {
    expect(() => python('pruned')).toThrow('no Dockerfile pruned');
  });

  it('takes the wheels that this Python can use', () => {
    const names = [
      ...['a-1-py3-none-any', 'b-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64'],
      ...[
        'c-1-cp39-abi3-manylinux_2_28_x86_64',
        'd-1-cp311-cp311-musllinux_1_2_x86_64',
        'e-1-cp313-cp313-any',
      ],
      ...['f-1-cp311-cp311-manylinux_2_17_aarch64', 'g-1-py2.py3-none-any'],
    ];
    const lock = names.map((name) => `{ url = "https://host/aa/${name}.whl", hash = "sha256:0" }`).join('\n');
    const found = (arch: string) => wheelsOf(lock, arch).map((url) => url.split('/').at(-1)?.[0]);
    expect(found('x64')).toEqual(['a', 'b', 'c', 'g']);
    expect(found('arm64')).toEqual(['a', 'f', 'g']);
  });
});

describe('the Node app', () => {
  it.each<[Style, RegExp]>([
    ['unlinked', /COPY --link/],
    ['unmounted', /--mount/],
    ['uncompiled', /npm run build/],
    ['unordered', /COPY --chmod=\S+ package\.json package-lock\.json/],
  ])('leaves a rule out as %s', (style, rule) => {
    expect(node('recommended', 'base')).toMatch(rule);
    expect(node(style, 'base')).not.toMatch(rule);
  });
});

describe('images', () => {
  it.each([
    ['python:3.12-slim', 'library/python:3.12-slim'],
    ['ghcr.io/astral-sh/uv:0.13.9', 'astral-sh/uv:0.13.9'],
    ['moby/buildkit:1', 'moby/buildkit:1'],
  ])('%s is %s in the hub', (name, expected) => {
    expect(hubName(name)).toBe(expected);
  });

  it.each([
    ['node', file('example-api')],
    ['fastapi', example],
  ] as const)('come from the hub alone, in the example of %s', (app, text) => {
    const images = Object.fromEntries(APPS[app].images.map((name) => [name, `hub/${hubName(name)}`]));
    const built = withImages(text, { registry: '', images });
    const stages = [...built.matchAll(/ AS (\S+)/g)].map(([, name]) => name);
    const sources = [...built.matchAll(/^FROM (\S+)|--from=(\S+)/gm)].map(
      ([, from, copied]) => from ?? copied,
    );
    const foreign = sources.filter(
      (name) => !name?.startsWith('hub/') && ![...stages, 'scratch'].includes(name),
    );
    expect(sources.length).toBeGreaterThan(3);
    expect(foreign).toEqual([]);
  });

  it('are not replaced where a text is not there', () => {
    expect(() => replaced('FROM a', [['FROM b', 'FROM c']])).toThrow('does not hold: FROM b');
  });
});
