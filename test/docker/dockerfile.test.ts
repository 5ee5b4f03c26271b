// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the syntax of Dockerfiles
import { describe, expect, test } from 'vitest';
import { readDockerfile } from '../../src/docker/dockerfile.ts';

const read = (text: string, buildArgs: Record<string, string> = {}, contexts: string[] = []) =>
  readDockerfile(text, { buildArgs, platform: 'linux/arm64', contexts });

describe('images', () => {
  test.each<[string, string, string[]]>([
    ['one base', 'FROM node:24', ['node:24']],
    [
      'stages are no images',
      'FROM node:24 AS b\nFROM b\nCOPY --from=B /a /\nCOPY --from=0 /b /',
      ['node:24'],
    ],
    ['scratch', 'FROM scratch\nCOPY a /', []],
    ['argument with default', 'ARG V=24\nFROM node:${V}-slim', ['node:24-slim']],
    ['nested default', 'ARG V=24\nARG T=$V-slim\nFROM "node:$T"', ['node:24-slim']],
    ['fallback', 'FROM node:${V:-22}', ['node:22']],
    ['alternative', 'ARG S=1\nFROM node:24${S:+-slim}', ['node:24-slim']],
    ['target platform', 'FROM app-$TARGETARCH', ['app-arm64']],
    ['platform flag', 'FROM --platform=$BUILDPLATFORM node:24', ['node:24']],
    ['copy from an image', 'FROM a\nCOPY --chown=1 --from=b:1 /x /', ['a', 'b:1']],
    ['mount from an image', 'FROM a\nRUN --mount=type=bind,from=c,target=/x make', ['a', 'c']],
    ['continuation and comment', 'FROM a\nCOPY \\\n# no\n\n --from=d \\\n /x /', ['a', 'd']],
    ['syntax line', '# syntax=docker/dockerfile:1\nFROM a', ['docker/dockerfile:1', 'a']],
    ['heredoc is not read', 'FROM a\nRUN <<EOF\nFROM b\nEOF\nCOPY <<"X" /y\nADD https://c /\nX\n', ['a']],
    ['backtick escape', '# escape=`\nFROM a\nCOPY `\n --from=e /x /', ['a', 'e']],
  ])('%s', (_name, text, images) => {
    expect(read(text)).toMatchObject({ images, doubt: '' });
  });

  test('a build argument wins over the default', () => {
    expect(read('ARG V=24\nFROM node:$V', { V: '22' }).images).toEqual(['node:22']);
  });

  test('a build context stands before an image of its name', () => {
    expect(read('FROM docker.io/library/node:latest\nCOPY --from=x /a /', {}, ['node', 'x']).images).toEqual(
      [],
    );
  });
});

test.each([
  'FROM a\nADD https://example.com/x /',
  'FROM a\nADD git@github.com:o/r.git /',
  'FROM a\nARG U\nADD $U /',
  'FROM a-$BUILDARCH',
  'ARG V\nFROM $V',
  'FROM ${V#x}',
  'FROM a\nCOPY --from=$X /a /',
  'FROM a\nRUN --mount=type=bind,from=$X,target=/x make',
  'FROM a\nONBUILD COPY --from=b /a /',
  '#!/bin/x\nFROM a',
])('doubt: %s', (text) => {
  expect(read(text).doubt).not.toBe('');
});

describe('the image that the built stage begins with', () => {
  const baseOf = (text: string, target = '', contexts: string[] = []) =>
    readDockerfile(text, { buildArgs: {}, platform: 'linux/arm64', contexts, target }).base;

  test.each<[string, string, string, string]>([
    ['of one stage', 'FROM node:24', '', 'node:24'],
    ['of the last of two', 'FROM node:24 AS builder\nFROM debian\nCOPY --from=builder /a /', '', 'debian'],
    ['by way of other stages', 'FROM node:24 AS a\nFROM A AS b\nFROM other\nFROM b', '', 'node:24'],
    ['of a target by name', 'FROM node:24 AS a\nFROM debian AS b', 'A', 'node:24'],
    ['of a target by number', 'FROM node:24\nFROM debian', '0', 'node:24'],
    ['of no such target', 'FROM node:24', 'c', ''],
    ['of nothing', 'FROM node:24 AS a\nFROM scratch', '', ''],
    ['of an empty file', '', '', ''],
  ])('%s', (_name, text, target, base) => {
    expect(baseOf(text, target)).toBe(base);
  });

  test('none where a build context stands before it', () => {
    expect(baseOf('FROM node:24', '', ['node:24'])).toBe('');
  });
});
