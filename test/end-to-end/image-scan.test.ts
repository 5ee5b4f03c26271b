import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RunRecord } from '../../src/record.ts';
import { type BuildScene, startBuildScene } from './build-scene.ts';

/** The smallest image that shows a fault, and the rule that names it. */
interface Case {
  name: string;
  rule: string;
  says: RegExp;
  files: Record<string, string>;
  dockerfile: string;
  inputs?: Record<string, string>;
}

const key = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'.repeat(8)}\n-----END PRIVATE KEY-----\n`;
// Put together here, so that no scanner takes this file for a leak.
const awsKey = `${'AKIA'}QWERTYUIOPASDFGH`;
const awsSecret = 'qWertyuIopAsdfGhjklZxcvbnM/1234567890abc';
const FROM = 'FROM scratch';
const NODE = 'FROM node:24-bookworm-slim';

const SECRETS: readonly Case[] = [
  {
    name: 'an .env file',
    rule: 'secret-env-file',
    says: /\/\.env holds a value of SESSION_SECRET, from COPY \.env/,
    files: { '.env': 'PORT=8080\nSESSION_SECRET=f8a91c22e07b4d5b\n' },
    dockerfile: `${FROM}\nCOPY .env /\n`,
  },
  {
    name: 'a private key that a later instruction deletes',
    rule: 'secret-private-key',
    says: /\/app\/deploy\.key holds a private key.*not out of the layer/,
    files: { 'deploy.key': key },
    dockerfile: `${NODE}\nWORKDIR /app\nCOPY deploy.key ./\nRUN ["node", "-e", "require('fs').rmSync('/app/deploy.key')"]\n`,
  },
  {
    name: 'AWS keys in source code',
    rule: 'secret-aws-key',
    says: /\/app\/config\.mjs holds an AWS access key/,
    files: { 'config.mjs': `export const id = '${awsKey}', secret = '${awsSecret}';\n` },
    dockerfile: `${FROM}\nCOPY config.mjs /app/\n`,
  },
  {
    name: "npm's token",
    rule: 'secret-token',
    says: /\/app\/\.npmrc holds a package registry's token/,
    files: { '.npmrc': '//registry.example.com/:_authToken=8f4b2c1e-77aa-4e1d\n' },
    dockerfile: `${FROM}\nCOPY .npmrc /app/\n`,
  },
  {
    name: 'a value of ENV',
    rule: 'secret-in-config',
    says: /environment of the image \(ENV\) holds what looks like a secret, in SESSION_SECRET/,
    files: { x: '3' },
    dockerfile: `${FROM}\nCOPY x /\nENV PORT=8080 SESSION_SECRET=f8a91c22e07b4d5b\n`,
  },
  {
    name: 'a build argument',
    rule: 'secret-in-config',
    says: /history of the image, at `ARG NPM_TOKEN`, holds what looks like a secret, in NPM_TOKEN/,
    files: { x: '4' },
    dockerfile: `${FROM}\nARG NPM_TOKEN\nCOPY x /\n`,
    inputs: { 'build-args': 'NPM_TOKEN=f8a91c22e07b4d5b' },
  },
  {
    name: 'a build argument that a command is run with',
    rule: 'secret-in-config',
    says: /history of the image, at `(ARG NPM_TOKEN|RUN node)`, holds what looks like a secret, in NPM_TOKEN/,
    files: { x: '5' },
    dockerfile: `${NODE}\nARG NPM_TOKEN=f8a91c22e07b4d5b\nRUN node --version\n`,
  },
];

const elsewhere = Buffer.concat([
  Buffer.from('7f454c46020101000000000000000000', 'hex'),
  Buffer.from('0200b70001000000', 'hex'),
  Buffer.alloc(64),
]);
const FAULTS: readonly Case[] = [
  {
    name: 'an entry point that is not there',
    rule: 'entry-point-missing',
    says: /start \/app\/server, which is not in the image/,
    files: { x: '1' },
    dockerfile: `${FROM}\nCOPY x /app/\nENTRYPOINT ["/app/server"]\n`,
  },
  {
    name: 'an entry point that is not executable',
    rule: 'entry-point-not-executable',
    says: /\/app\/start may not be executed/,
    files: { start: '#!/bin/sh\n' },
    dockerfile: `${FROM}\nCOPY --chmod=644 start /app/\nENTRYPOINT ["/app/start"]\n`,
  },
  {
    name: 'an interpreter that is not there',
    rule: 'entry-point-interpreter',
    says: /wants \/bin\/bash/,
    files: { start: '#!/bin/bash\n' },
    dockerfile: `${FROM}\nCOPY --chmod=755 start /app/\nENTRYPOINT ["/app/start"]\n`,
  },
  {
    name: 'a libc that is not there',
    rule: 'entry-point-libc',
    says: /\/node is linked against \/lib64\/ld-linux-x86-64\.so\.2/,
    files: {},
    dockerfile: `${NODE} AS node\n${FROM}\nCOPY --from=node /usr/local/bin/node /node\nENTRYPOINT ["/node"]\n`,
  },
  {
    name: 'a program of another architecture',
    rule: 'entry-point-architecture',
    says: /\/app\/other is built for arm64/,
    files: { other: '' },
    dockerfile: `${FROM}\nCOPY --chmod=755 other /app/\nENTRYPOINT ["/app/other"]\n`,
  },
  {
    name: 'an adapter that is not executable',
    rule: 'extension-not-executable',
    says: /\/opt\/extensions\/lambda-adapter may not/,
    files: { adapter: 'x' },
    dockerfile: `${FROM}\nCOPY --chmod=644 adapter /opt/extensions/lambda-adapter\nENTRYPOINT ["/opt/extensions/lambda-adapter"]\n`,
  },
  {
    name: 'development dependencies',
    rule: 'dev-dependencies',
    says: /2\.0 MB \(first \/app\/node_modules\/typescript\/lib\.js, from COPY/,
    files: { 'node_modules/typescript/lib.js': 'x'.repeat(2_000_000) },
    dockerfile: `${FROM}\nCOPY node_modules /app/node_modules\n`,
  },
  {
    name: "a package manager's cache",
    rule: 'package-cache',
    says: /caches: 2\.0 MB/,
    files: { 'cache/a': 'x'.repeat(2_000_000) },
    dockerfile: `${FROM}\nCOPY cache /root/.npm/_cacache\n`,
  },
  {
    name: 'a Git repository',
    rule: 'git-folder',
    says: /\/app\/\.git\/HEAD/,
    files: { 'git/HEAD': 'ref: refs/heads/main\n' },
    dockerfile: `${FROM}\nCOPY git /app/.git\n`,
  },
  {
    name: 'code that everybody may change',
    rule: 'world-writable',
    says: /\/app\/main\.js/,
    files: { 'main.js': '1' },
    dockerfile: `${FROM}\nCOPY --chmod=666 main.js /app/\n`,
  },
];

const { docker, registry } = inject('parts');
let scene: BuildScene;
let home: string;
beforeAll(async () => {
  scene = await startBuildScene(docker, registry);
  home = await mkdtemp(join(tmpdir(), 'image-scan-'));
});
afterAll(async () => {
  await scene?.close();
  await rm(home, { recursive: true, force: true });
});

async function build(
  { files, dockerfile }: Pick<Case, 'files' | 'dockerfile'>,
  inputs: Record<string, string> = {},
) {
  const context = await mkdtemp(join(scene.context, 'case-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(context, name)), { recursive: true });
    await writeFile(join(context, name), name === 'other' ? elsewhere : text);
  }
  await writeFile(
    join(context, 'Dockerfile'),
    /^(CMD|ENTRYPOINT)/m.test(dockerfile) ? dockerfile : `${dockerfile}CMD ["/none"]\n`,
  );
  const { main, log } = await scene.build(
    { context, 'cache-mounts': 'false', cache: 'off', ...inputs },
    { XDG_CACHE_HOME: home },
  );
  const record = JSON.parse(await readFile(main.outputs.record ?? '', 'utf8')) as RunRecord;
  return { main, log, findings: record.findings ?? [], record };
}

describe('a secret stops the run before Lambda hears of the image', () => {
  it.each(SECRETS)('$name', async (secret) => {
    const { main, findings, log, record } = await build(secret, secret.inputs);
    expect(findings, log).toContainEqual(
      expect.objectContaining({ rule: secret.rule, level: 'error', why: expect.stringMatching(secret.says) }),
    );
    expect(main.exitCode).toBe(1);
    expect(main.errors.join()).toMatch(/holds a secret and is not deployed.*checks: off/);
    expect(main.outputs).toMatchObject({
      'build-result': 'failed',
      digest: expect.stringMatching(/^sha256:/),
    });
    expect(log + JSON.stringify(record)).not.toMatch(/f8a91c22|MIIEvQIB|8f4b2c1e|qWertyuIop/);
  });

  it('is not forgotten by the next run, and `checks: off` lets it pass', async () => {
    const [secret] = SECRETS;
    if (!secret) throw new Error('no case');
    expect((await build(secret, { rebuild: 'changed' })).main.exitCode).toBe(1);
    expect((await build(secret, { rebuild: 'changed' })).main.exitCode).toBe(1);
    const off = await build(secret, { checks: 'off' });
    expect(off.main.exitCode).toBe(0);
    expect(off.findings).toEqual([]);
  });
});

describe('faults of an image', () => {
  it.each(FAULTS)('$name: $rule', async (fault) => {
    const { main, findings, log } = await build(fault);
    expect(findings, log).toContainEqual(
      expect.objectContaining({ rule: fault.rule, why: expect.stringMatching(fault.says) }),
    );
    expect(main.exitCode).toBe(0);
  });

  it('`strict` takes them for errors', async () => {
    const [fault] = FAULTS;
    if (!fault) throw new Error('no case');
    const { main } = await build({ ...fault, files: { x: '2' } }, { checks: 'strict' });
    expect(main.exitCode).toBe(1);
    expect(main.errors.join()).toContain('`checks` is strict');
  });
});

describe('a healthy image', () => {
  const healthy = (text: string): Pick<Case, 'files' | 'dockerfile'> => ({
    files: { 'app.mjs': text, '.env.example': 'SESSION_SECRET=replace-this-please\n' },
    dockerfile: `${NODE}\nWORKDIR /app\nCOPY .env.example app.mjs ./\nCMD ["node", "app.mjs"]\n`,
  });

  it('has no finding, and only what is new is read again', async () => {
    const first = await build(healthy('1'));
    expect(first.findings).toEqual([]);
    expect(first.main.exitCode).toBe(0);
    const second = await build(healthy('2'));
    expect(second.findings).toEqual([]);
    expect(second.log).toMatch(/Image checked: 1 layers read \(0\.0 MB\), \d known from before/);
    const same = await build(healthy('2'), { rebuild: 'changed' });
    expect(same.log).not.toMatch(/Image checked: [1-9]/);
  });
});
