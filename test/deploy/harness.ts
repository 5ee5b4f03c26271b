import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateAliasCommand,
  GetAliasCommand,
  GetFunctionCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { it } from 'vitest';
import type { Alarms } from '../../src/local/aws/cloudwatch-api.ts';
import type { Faults } from '../../src/local/aws/faults.ts';
import type { InvokeAnswer } from '../../src/local/aws/runtime.ts';
import { readFileCommands } from '../../src/local/workflow-commands.ts';
import type { RunRecord } from '../../src/record.ts';
import { type Stand, startStand } from '../local/aws/stand.ts';

/** How a run of the action ended. */
export interface Outcome {
  exitCode: number | null;
  stdout: string;
  outputs: Record<string, string>;
  state: Record<string, string>;
  /** The last `::error` line without the command. */
  error: string;
  record: RunRecord | undefined;
}

/** A started action. */
export interface Started {
  kill(signal: NodeJS.Signals): void;
  ended: Promise<Outcome>;
}

/** A local AWS with a function `app`, and the deploy action to run against it. */
export interface Scene {
  stand: Stand;
  faults: Faults;
  /** CloudWatch alarms by name. */
  alarms: Alarms;
  /** `service:Operation` of every request since the set-up. */
  requests: string[];
  /** URI by digest of an image with this tag; it answers 200 unless `answers` says otherwise. */
  image(tag: string): string;
  /** By tag. */
  answers: Map<string, Partial<InvokeAnswer>>;
  start(entry: 'main' | 'post', inputs: Record<string, string>, env?: Record<string, string>): Started;
  deploy(inputs: Record<string, string>, env?: Record<string, string>): Promise<Outcome>;
  /** Digest of `$LATEST`, versions without `$LATEST`, and where the alias `live` points. */
  truth(
    name?: string,
  ): Promise<{ latest: string; status: string; versions: string[]; alias?: string; weights?: object }>;
  /** What another deployer does: an update of `$LATEST`, a version, or the alias `live`. */
  other: {
    update(uri: string, name?: string): Promise<void>;
    publish(name?: string): Promise<string>;
    alias(version: string, weights?: Record<string, number>): Promise<void>;
  };
  close(): Promise<void>;
}

/** An answer of the scripted function. */
export function httpReply(status: number, body: string, log = ''): Partial<InvokeAnswer> {
  return {
    payload: Buffer.from(JSON.stringify({ statusCode: status, body })),
    log: `START RequestId: 1\n${log}\nEND RequestId: 1\nREPORT RequestId: 1\tDuration: 1.00 ms\tInit Duration: 123.45 ms\n`,
  };
}

/** A test on a scene of its own, beside the others. */
export function scene(title: string, work: (scene: Scene) => Promise<void>): void {
  it.concurrent(title, async () => {
    const own = await startScene();
    try {
      await work(own);
    } finally {
      await own.close();
    }
  });
}

/** Deploys `tag` to `live` once, so that there is a version 1 to go back to. */
export async function liveAt(s: Scene, tag: string): Promise<void> {
  await s.other.update(s.image(tag));
  await s.other.alias(await s.other.publish());
  s.requests.length = 0;
}

/** The committed bundles; that they are what src/ makes is checked where everything is (`npm test`). */
const DIST = join(import.meta.dirname, '..', '..', 'dist');
const BUNDLES = { main: join(DIST, 'deploy', 'index.js'), post: join(DIST, 'deploy-post', 'index.js') };

/** Sets a scene up; the caller closes it. */
export async function startScene(): Promise<Scene> {
  const requests: string[] = [];
  const faults: Faults = {};
  const alarms: Alarms = new Map();
  const stand = await startStand({
    alarms,
    updateMs: 30,
    publishMs: 10,
    faults: {
      before: async (operation, request) => {
        requests.push(operation);
        return await faults.before?.(operation, request);
      },
      update: (name, uri) => faults.update?.(name, uri),
      version: (name, version) => faults.version?.(name, version),
    },
  });
  const tags = new Map<string, string>();
  const answers = new Map<string, Partial<InvokeAnswer>>();
  stand.runtime.answer = (image) => answers.get(tags.get(image.digest) ?? '') ?? httpReply(200, 'ok');
  await stand.create('app');
  requests.length = 0;
  const { lambda } = stand;

  const start: Scene['start'] = (entry, inputs, env = {}) => {
    const started = run(entry, inputs, { AWS_ENDPOINT_URL: stand.aws.endpoint, ...env });
    return started;
  };
  return {
    stand,
    faults,
    alarms,
    requests,
    answers,
    image(tag) {
      const digest = stand.registry.image('app', tag);
      tags.set(digest, tag);
      return `${stand.registry.host}/app@${digest}`;
    },
    start,
    deploy: async (inputs, env) => await start('main', inputs, env).ended,
    async truth(name = 'app') {
      const [fn, versions, alias] = await Promise.all([
        lambda.send(new GetFunctionCommand({ FunctionName: name })),
        lambda.send(new ListVersionsByFunctionCommand({ FunctionName: name })),
        lambda.send(new GetAliasCommand({ FunctionName: name, Name: 'live' })).catch(() => undefined),
      ]);
      const weights = alias?.RoutingConfig?.AdditionalVersionWeights;
      return {
        latest: fn.Code?.ResolvedImageUri ?? '',
        status: fn.Configuration?.LastUpdateStatus ?? 'Successful',
        versions: (versions.Versions ?? [])
          .map(({ Version }) => Version ?? '')
          .filter((v) => v !== '$LATEST'),
        ...(alias?.FunctionVersion && { alias: alias.FunctionVersion }),
        ...(weights && { weights }),
      };
    },
    other: {
      async update(uri, name = 'app') {
        await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ImageUri: uri }));
        await stand.settled(name);
      },
      async publish(name = 'app') {
        const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName: name }));
        return Version ?? '';
      },
      async alias(version, weights) {
        const input = {
          FunctionName: 'app',
          Name: 'live',
          FunctionVersion: version,
          ...(weights && { RoutingConfig: { AdditionalVersionWeights: weights } }),
        };
        const exists = await lambda
          .send(new GetAliasCommand({ FunctionName: 'app', Name: 'live' }))
          .catch(() => undefined);
        await (exists
          ? lambda.send(new UpdateAliasCommand(input))
          : lambda.send(new CreateAliasCommand(input)));
      },
    },
    close: stand.close,
  };
}

function run(entry: 'main' | 'post', inputs: Record<string, string>, env: Record<string, string>): Started {
  let kill: Started['kill'] = () => {};
  const ended = (async (): Promise<Outcome> => {
    const temp = await mkdtemp('/tmp/deploy-test-');
    const [output, state] = [join(temp, 'output'), join(temp, 'state')];
    await Promise.all([writeFile(output, ''), writeFile(state, '')]);
    const child = spawn(process.execPath, [BUNDLES[entry]], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH ?? '',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_REGION: 'us-east-1',
        RUNNER_TEMP: temp,
        GITHUB_OUTPUT: output,
        GITHUB_STATE: state,
        ...env,
        ...Object.fromEntries(
          Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
        ),
      },
    });
    kill = (signal) => child.kill(signal);
    let stdout = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stdout += chunk));
    const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
    const outputs = readFileCommands(await readFile(output, 'utf8'));
    const saved = readFileCommands(await readFile(state, 'utf8'));
    const record = outputs.record ? JSON.parse(await readFile(outputs.record, 'utf8')) : undefined;
    await rm(temp, { recursive: true });
    const errors = stdout.split('\n').filter((line) => line.startsWith('::error::'));
    return {
      exitCode,
      stdout,
      outputs,
      state: Object.fromEntries(Object.entries(saved).map(([name, value]) => [`STATE_${name}`, value])),
      error: errors.at(-1)?.slice('::error::'.length) ?? '',
      record,
    };
  })();
  return { kill: (signal) => kill(signal), ended };
}
