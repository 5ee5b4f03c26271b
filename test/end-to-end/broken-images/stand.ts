import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateFunctionCommand, CreateFunctionUrlConfigCommand } from '@aws-sdk/client-lambda';
import { Budget } from '../../../src/aws/budget.ts';
import { urlApi } from '../../../src/aws/function-url.ts';
import { imageLookup } from '../../../src/aws/image-lookup.ts';
import { lambdaApi } from '../../../src/aws/lambda.ts';
import { type Diagnosis, lookAround } from '../../../src/deploy/diagnosis.ts';
import { SmokeFailed, smokeTest } from '../../../src/deploy/smoke.ts';
import { containerRuntime } from '../../../src/local/aws/container.ts';
import type { Runtime } from '../../../src/local/aws/runtime.ts';
import { type LocalAws, startLocalAws } from '../../../src/local/aws/server.ts';
import { localLambda } from '../../../src/local/function.ts';
import type { Parts } from '../../../src/local/parts/index.ts';
import { run, until } from '../../../src/local/parts/process.ts';
import type { SmokeAttempt } from '../../../src/record.ts';
import { buildImages } from './build.ts';
import type { BrokenImage } from './image.ts';

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

/** Builds and pushes the images of all cases, and starts a local Lambda for them. */
export async function startImageStand(parts: Parts, cases: readonly BrokenImage[]): Promise<ImageStand> {
  const folder = await mkdtemp(join(tmpdir(), 'broken-images-'));
  const repository = `broken-${process.pid}`;
  const uris = await buildImages(parts, cases, folder, repository);
  const runtime = runtimeOf(parts, folder);
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
  const [api, images, urls] = [lambdaApi(config), imageLookup(config), urlApi(config)];
  const uri = (name: string): string => `${parts.registry.host}/${repository}@${uris.get(name)}`;
  const tagged = (name: string): string => `${parts.registry.host}/${repository}:${name}`;
  const urlSubject = async (name: string, InvokeMode: NonNullable<BrokenImage['url']>) => {
    await lambda.send(
      new CreateFunctionUrlConfigCommand({ FunctionName: name, AuthType: 'NONE', InvokeMode }),
    );
    const own = await urls.find(name, '', new Budget(5_000));
    if (!own) throw new Error(`${name} has no function URL`);
    return {
      get: (path: string, budget: Budget) => urls.get(new URL(path, own.url), false, budget),
      urlInvokeMode: own.invokeMode,
    };
  };
  const docker = (...args: string[]): Promise<string> =>
    run(parts.docker.program, args, { env: { ...process.env, ...parts.docker.env } });
  const create = async (image: BrokenImage): Promise<string> => {
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
    if (image.withheld) await docker('image', 'rm', '--force', uri(image.name));
    if (image.withheld === 'deleted') await deleteManifest(parts, repository, uris.get(image.name) ?? '');
    if (image.withheld === 'denied') runtime.denied.add(name);
    return name;
  };
  return {
    aws,
    uri,
    async smoke(image) {
      const name = await create(image);
      const attempts: SmokeAttempt[] = [];
      try {
        await smokeTest(
          {
            functionName: name,
            qualifier: '$LATEST',
            version: '$LATEST',
            stillOurs: async () => {},
            lookAround: () => lookAround(name, '$LATEST', { lambda: api, images }),
            ...(image.url && (await urlSubject(name, image.url))),
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
      urls.close();
      await aws.close();
      await docker('image', 'rm', '--force', ...cases.flatMap(({ name }) => [tagged(name), uri(name)]));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Runs images in containers.
 * @returns also `denied`: functions whose images the registry refuses, as it does with a wrong password
 */
function runtimeOf(parts: Parts, folder: string): Runtime & { denied: Set<string> } {
  const denied = new Set<string>();
  const own = containerRuntime({ ...parts, stateFolder: join(folder, 'aws') });
  const refused = containerRuntime({
    ...parts,
    registry: { ...parts.registry, password: 'of yesterday' },
    stateFolder: join(folder, 'refused'),
  });
  return {
    denied,
    prepare: (image) => own.prepare(image),
    start: (image, settings) => (denied.has(settings.functionName) ? refused : own).start(image, settings),
  };
}

const silentLog = {
  debug: () => {},
  info: () => {},
  warning: () => {},
  group: async <T>(_: string, work: () => Promise<T>): Promise<T> => await work(),
};

async function deleteManifest({ registry }: Parts, repository: string, digest: string): Promise<void> {
  const auth = Buffer.from(`${registry.user}:${registry.password}`).toString('base64');
  const answer = await fetch(`http://${registry.host}/v2/${repository}/manifests/${digest}`, {
    method: 'DELETE',
    headers: { authorization: `Basic ${auth}` },
  });
  if (answer.status !== 202) throw new Error(`the registry does not delete: HTTP ${answer.status}`);
}
