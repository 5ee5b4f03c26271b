import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateFunctionCommand, GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { InvokeAnswer, Runtime, RuntimeImage, RuntimeSettings } from '../../../src/local/aws/runtime.ts';
import { type LocalAws, type LocalAwsOptions, startLocalAws } from '../../../src/local/aws/server.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';

export const ROLE = 'arn:aws:iam::000000000000:role/app';

/** A runtime that answers at once, and says what was done with it. */
export class ScriptedRuntime implements Runtime {
  readonly started: { image: RuntimeImage; settings: RuntimeSettings }[] = [];
  stopped = 0;
  prepareError: Error | undefined;
  answer = (image: RuntimeImage, settings: RuntimeSettings, payload: Buffer): Partial<InvokeAnswer> => ({
    payload: Buffer.from(
      JSON.stringify({
        version: settings.version,
        digest: image.digest,
        got: JSON.parse(payload.toString()),
      }),
    ),
  });

  async prepare(): Promise<void> {
    if (this.prepareError) throw this.prepareError;
  }

  async start(image: RuntimeImage, settings: RuntimeSettings) {
    this.started.push({ image, settings });
    return {
      invoke: async (payload: Buffer, requestId: string): Promise<InvokeAnswer> => ({
        payload: Buffer.from('null'),
        log: `START RequestId: ${requestId} Version: ${settings.version}\nhello\nEND RequestId: ${requestId}\n`,
        durationMs: 1,
        ...this.answer(image, settings, payload),
      }),
      stop: async () => {
        this.stopped += 1;
      },
    };
  }
}

/** The local AWS with a scripted runtime and a registry in memory. */
export interface Stand {
  aws: LocalAws;
  lambda: LambdaClient;
  runtime: ScriptedRuntime;
  registry: RegistryServer;
  folder: string;
  /** Credentials and endpoint for other clients. */
  config: {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
    maxAttempts: number;
  };
  /** Creates a function from `app:v1` and waits until it is Active. */
  create(name: string): Promise<void>;
  /** Waits until an update has ended. */
  settled(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts one; `options` go above the defaults of the tests (updates take no time). */
export async function startStand(options: Partial<LocalAwsOptions> = {}): Promise<Stand> {
  const registry = await startRegistry();
  const runtime = new ScriptedRuntime();
  const folder = await mkdtemp(join(tmpdir(), 'local-aws-'));
  const aws = await startLocalAws({
    stateFolder: folder,
    registry,
    runtime,
    updateMs: 5,
    publishMs: 0,
    ...options,
  });
  const config = {
    endpoint: aws.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  };
  const lambda = new LambdaClient(config);
  registry.image('app', 'v1');
  const settled = async (name: string) => {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const { Configuration: now } = await lambda.send(new GetFunctionCommand({ FunctionName: name }));
      if (now?.State !== 'Pending' && now?.LastUpdateStatus !== 'InProgress') return;
      await sleep(5);
    }
    throw new Error(`${name} does not settle`);
  };
  return {
    aws,
    lambda,
    runtime,
    registry,
    folder,
    config,
    settled,
    create: async (name) => {
      const code = { ImageUri: `${registry.host}/app:v1` };
      await lambda.send(
        new CreateFunctionCommand({ FunctionName: name, Role: ROLE, PackageType: 'Image', Code: code }),
      );
      await settled(name);
    },
    close: async () => {
      lambda.destroy();
      await aws.close();
      await registry.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
