import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateFunctionCommand } from '@aws-sdk/client-lambda';
import { Budget } from '../../../src/aws/budget.ts';
import { imageLookup } from '../../../src/aws/image-lookup.ts';
import { lambdaApi } from '../../../src/aws/lambda.ts';
import { type Diagnosis, lookAround } from '../../../src/deploy/diagnosis.ts';
import { SmokeFailed, smokeTest } from '../../../src/deploy/smoke.ts';
import { containerRuntime } from '../../../src/local/aws/container.ts';
import { type LocalAws, startLocalAws } from '../../../src/local/aws/server.ts';
import { localLambda } from '../../../src/local/function.ts';
import type { Parts } from '../../../src/local/parts/index.ts';
import { run, until } from '../../../src/local/parts/process.ts';
import type { SmokeAttempt } from '../../../src/record.ts';
import { type BrokenImage, dockerfile } from './cases.ts';

/** What a smoke test of an image came to. */
export interface Finding {
  attempts: SmokeAttempt[];
  /** Absent where the test passed. */
  message?: string;
  diagnosis?: Diagnosis | undefined;
}

/** The images of cases in a registry, and a local Lambda to run them. */
export interface ImageStand {
  aws: LocalAws;
  /** `HOST/REPOSITORY@sha256:...` of a case. */
  uri(name: string): string;
  /** Makes a function of a case's image and runs the smoke test on it as a deploy does. */
  smoke(image: BrokenImage): Promise<Finding>;
  close(): Promise<void>;
}

/** A program's first bytes for a machine that nobody here has (ELF, 64 bits, s390x), enough for the kernel to refuse. */
const OTHER_ARCHITECTURE = Buffer.concat([
  Buffer.from('7f454c460202010000000000000000000002001600000001', 'hex'),
  Buffer.alloc(256),
]);

/** Builds and pushes the images of all cases side by side, in one call. */
export async function startImageStand(parts: Parts, cases: readonly BrokenImage[]): Promise<ImageStand> {
  const folder = await mkdtemp(join(tmpdir(), 'broken-images-'));
  const repository = `broken-${process.pid}`;
  const uris = await build(parts, cases, folder, repository);
  const runtime = containerRuntime({ ...parts, stateFolder: join(folder, 'aws') });
  const aws = await startLocalAws({
    stateFolder: join(folder, 'aws'),
    registry: parts.registry,
    runtime,
    updateMs: 5,
  });
  const lambda = localLambda(aws.endpoint);
  const config = {
    endpoint: aws.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local', sessionToken: '' },
  };
  const [api, images] = [lambdaApi(config), imageLookup(config)];
  const uri = (name: string): string => `${parts.registry.host}/${repository}@${uris.get(name)}`;
  const tagged = (name: string): string => `${parts.registry.host}/${repository}:${name}`;
  const docker = (...args: string[]): Promise<string> =>
    run(parts.docker.program, args, { env: { ...process.env, ...parts.docker.env } });
  return {
    aws,
    uri,
    async smoke(image) {
      const name = `broken-${image.name}`;
      await lambda.send(
        new CreateFunctionCommand({
          FunctionName: name,
          Role: 'arn:aws:iam::000000000000:role/app',
          PackageType: 'Image',
          Code: { ImageUri: uri(image.name) },
          MemorySize: image.memory ?? 512,
          Timeout: image.timeout ?? 3,
          Environment: { Variables: image.variables ?? {} },
        }),
      );
      const state = () => api.getFunction(name, new Budget(5_000));
      if (!(await until(async () => (await state())?.state === 'Active', 60_000)))
        throw new Error(`${name} does not become active: ${(await state())?.stateReason}`);
      if (image.deleted) {
        await docker('image', 'rm', '--force', uri(image.name));
        await deleteManifest(parts, repository, uris.get(image.name) ?? '');
      }
      const attempts: SmokeAttempt[] = [];
      try {
        await smokeTest(
          {
            functionName: name,
            qualifier: '$LATEST',
            version: '$LATEST',
            stillOurs: async () => {},
            lookAround: () => lookAround(name, '$LATEST', { lambda: api, images }),
          },
          {
            path: image.path ?? '/health',
            query: '',
            status: image.status ?? 200,
            url: '',
            timeoutMs: 1_000 * (image.smokeTimeout ?? 20),
          },
          { lambda: api, log: silentLog },
          (attempt) => void attempts.push(attempt),
        );
        return { attempts };
      } catch (error) {
        if (!(error instanceof SmokeFailed)) throw error;
        return { attempts, message: `${error.message} ${error.hint}`, diagnosis: error.diagnosis };
      }
    },
    async close() {
      lambda.destroy();
      api.close();
      images.close();
      await aws.close();
      await docker('image', 'rm', '--force', ...cases.flatMap(({ name }) => [tagged(name), uri(name)]));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const silentLog = {
  debug: () => {},
  info: () => {},
  warning: () => {},
  group: async <T>(_: string, work: () => Promise<T>): Promise<T> => await work(),
};

async function build(
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
  const contexts = Object.fromEntries(
    parts.buildContexts.map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  );
  const targets = cases.map((image) => {
    const text = (image.dockerfile ?? dockerfile()).replaceAll('APP', `${image.name}.mjs`);
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
    ...cases.map(({ name, app = '' }) => writeFile(join(context, `${name}.mjs`), app)),
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

async function deleteManifest({ registry }: Parts, repository: string, digest: string): Promise<void> {
  const auth = Buffer.from(`${registry.user}:${registry.password}`).toString('base64');
  const answer = await fetch(`http://${registry.host}/v2/${repository}/manifests/${digest}`, {
    method: 'DELETE',
    headers: { authorization: `Basic ${auth}` },
  });
  if (answer.status !== 202) throw new Error(`the registry does not delete: HTTP ${answer.status}`);
}
