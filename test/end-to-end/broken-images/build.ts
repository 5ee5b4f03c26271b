import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Parts } from '../../../src/local/parts/index.ts';
import { run } from '../../../src/local/parts/process.ts';
import { type BrokenImage, dockerfile } from './image.ts';

/** A program's first bytes for a machine that nobody here has (ELF, 64 bits, s390x), enough for the kernel to refuse. */
const OTHER_ARCHITECTURE = Buffer.concat([
  Buffer.from('7f454c460202010000000000000000000002001600000001', 'hex'),
  Buffer.alloc(256),
]);

/**
 * Builds and pushes the images of all cases side by side, in one call.
 * @param folder an existing one, for context, login and metadata
 * @returns digests by name of the case
 * @throws Error with BuildKit's words
 */
export async function buildImages(
  parts: Parts,
  cases: readonly BrokenImage[],
  folder: string,
  repository: string,
): Promise<Map<string, string>> {
  const context = join(folder, 'context');
  const [login, metadata, file] = ['login', 'metadata.json', 'bake.json'].map((name) => join(folder, name));
  if (!login || !metadata || !file) throw new Error('no folder');
  await Promise.all([mkdir(context), mkdir(login)]);
  const { host, user, password } = parts.registry;
  const auth = Buffer.from(`${user}:${password}`).toString('base64');
  const contexts = {
    fastapi: join(import.meta.dirname, '..', '..', '..', 'examples', 'fastapi'),
    ...Object.fromEntries(
      parts.buildContexts.map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]),
    ),
  };
  const targets = cases.map((image) => {
    const text = (image.dockerfile ?? dockerfile()).replaceAll('APP', `${image.name}.app`);
    const variables = Object.entries(image.env ?? {}).map(([name, value]) => `ENV ${name}="${value}"\n`);
    return [
      image.name,
      {
        context,
        contexts,
        'dockerfile-inline': text.replace(/^(CMD|ENTRYPOINT)/m, `${variables.join('')}$1`),
        output: [`type=image,name=${host}/${repository}:${image.name},push=true`],
        attest: ['type=provenance,disabled=true'],
      },
    ];
  });
  await Promise.all([
    writeFile(join(login, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } })),
    writeFile(join(context, 'other-architecture'), OTHER_ARCHITECTURE),
    writeFile(join(context, 'windows.sh'), '#!/bin/sh\r\nexec node app.mjs\r\n'),
    writeFile(
      file,
      JSON.stringify({
        group: { default: { targets: cases.map(({ name }) => name) } },
        target: Object.fromEntries(targets),
      }),
    ),
    ...cases.map(({ name, app = '' }) => writeFile(join(context, `${name}.app`), app)),
  ]);
  await run(
    parts.docker.program,
    [
      'buildx',
      'bake',
      '--builder=default',
      `--file=${file}`,
      `--metadata-file=${metadata}`,
      '--allow=fs.read=*',
    ],
    { env: { ...process.env, ...parts.docker.env, DOCKER_CONFIG: login } },
  );
  const { default: written } = (await import(metadata, { with: { type: 'json' } })) as {
    default: Record<string, { 'containerimage.digest'?: string }>;
  };
  return new Map(cases.map(({ name }) => [name, written[name]?.['containerimage.digest'] ?? '']));
}
