import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { Alarms } from './cloudwatch-api.ts';
import { answerError, dispatch, requireSignature } from './dispatch.ts';
import type { Ecr } from './ecr-api.ts';
import { Environments } from './environments.ts';
import type { Faults } from './faults.ts';
import { invokeTarget } from './invoke.ts';
import type { Lambda } from './lambda.ts';
import { lambdaRouter, sendLambdaError, unknownOperation } from './lambda-api.ts';
import { LayerUrls, layerDownloads } from './layer-urls.ts';
import { resumeUpdate } from './lifecycle.ts';
import { LogStore } from './log-store.ts';
import { Registry, type RegistryAccess } from './registry.ts';
import type { Runtime } from './runtime.ts';
import { environmentKey } from './state.ts';
import { Store } from './store.ts';
import { Sessions } from './sts-api.ts';
import { UrlServers } from './url-servers.ts';

export interface LocalAwsOptions {
  /** Where functions, repositories and logs are kept between runs; made where it is missing. */
  stateFolder: string;
  /** 0, the default: a free one. */
  port?: number;
  /** Default `000000000000`. */
  accountId?: string;
  /** Default `us-east-1`. */
  region?: string;
  /** The registry behind ECR and the images of functions; `user` is `AWS`, as ECR's. */
  registry: RegistryAccess;
  runtime: Runtime;
  /** Milliseconds that an update takes at least; default 200 (AWS itself: about 25,000 for images). */
  updateMs?: number;
  /** Milliseconds that a published version stays Pending at least; default 100. 0: Active at once. */
  publishMs?: number;
  /** Milliseconds without an invoke after which an environment is stopped; default five minutes. */
  idleMs?: number;
  /**
   * `refuse` (the default) images for another processor than the function's in UpdateFunctionCode and
   * CreateFunction; `accept` them, as public reports say of Lambda itself, and let the function fail with
   * `exec format error`.
   */
  wrongArchitecture?: 'refuse' | 'accept';
  /** Faults for tests. */
  faults?: Faults;
  /** CloudWatch alarms by name; the caller holds the map and may change it at any time. */
  alarms?: Alarms;
  /** From 0 (included) to 1 (not): which version of a weighted alias runs. Default Math.random. */
  random?: () => number;
  /** Told of what goes wrong in the background. */
  say?: (line: string) => void;
}

export interface LocalAws {
  /** For AWS_ENDPOINT_URL: `http://127.0.0.1:PORT`. */
  endpoint: string;
  /** Puts a version to sleep, as Lambda does with functions nobody called for weeks. Default `$LATEST`. */
  makeInactive(functionName: string, version?: string): Promise<void>;
  /** Stops listening, ends function URLs and environments, writes what is to be kept. */
  close(): Promise<void>;
}

/**
 * Starts Lambda, ECR, STS, CloudWatch and its logs on one port of 127.0.0.1. Signatures are not checked, but a request
 * must have one.
 * @throws DeployError where the state folder holds something else; Error where the port is taken
 */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const { lambda, ecr, sessions } = await assemble(options);
  for (const fn of Object.values(lambda.store.state.functions)) {
    for (const url of fn.urls) await lambda.urls.open(fn.name, url);
    resumeUpdate(lambda, fn);
  }
  await lambda.store.save();
  const server = createServer(application(lambda, ecr, sessions));
  const port = await listen(server, options.port ?? 0);
  const endpoint = `http://127.0.0.1:${port}`;
  ecr.layers.endpoint = endpoint;
  return {
    endpoint,
    makeInactive: async (functionName, version = '$LATEST') => {
      const fn = lambda.store.state.functions[functionName];
      const found = version === '$LATEST' ? fn?.latest : fn?.versions.find((one) => one.version === version);
      if (!found) throw new Error(`There is no ${functionName}:${version} to make inactive.`);
      found.state = 'Inactive';
      found.stateReason = 'The function is idle.';
      found.stateReasonCode = 'Idle';
      await lambda.store.save();
    },
    close: async () => {
      await Promise.all([stopListening(server), lambda.urls.closeAll()]);
      await lambda.environments.close();
      await lambda.logs.flush();
      await lambda.store.save();
    },
  };
}

async function assemble(options: LocalAwsOptions): Promise<{ lambda: Lambda; ecr: Ecr; sessions: Sessions }> {
  const store = await Store.open(options.stateFolder);
  const place = { account: options.accountId ?? '000000000000', region: options.region ?? 'us-east-1' };
  const registry = new Registry(options.registry);
  const say = options.say ?? (() => undefined);
  const used = () =>
    new Set(
      Object.values(store.state.functions).flatMap((fn) =>
        ['$LATEST', ...fn.versions.map(({ version }) => version)].map((version) =>
          environmentKey(fn, version),
        ),
      ),
    );
  const lambda: Lambda = {
    place,
    store,
    registry,
    runtime: options.runtime,
    environments: new Environments({
      runtime: options.runtime,
      idleMs: options.idleMs ?? 300_000,
      used,
      say,
    }),
    logs: new LogStore(join(options.stateFolder, 'logs')),
    urls: new UrlServers(async (name, qualifier, payload) => {
      const target = { name, qualifier: qualifier === '' ? undefined : qualifier };
      return (await invokeTarget(lambda, target, payload)).answer;
    }, say),
    faults: options.faults ?? {},
    alarms: options.alarms ?? new Map(),
    updateMs: options.updateMs ?? 200,
    publishMs: options.publishMs ?? 100,
    anyArchitecture: options.wrongArchitecture === 'accept',
    random: options.random ?? Math.random,
    say,
  };
  const ecr = { place, store, registry, access: options.registry, layers: new LayerUrls() };
  return { lambda, ecr, sessions: new Sessions() };
}

function application(lambda: Lambda, ecr: Ecr, sessions: Sessions): express.Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use(express.raw({ type: () => true, limit: '80mb' }));
  app.use((_request, response, next) => {
    response.set('x-amzn-RequestId', randomUUID());
    next();
  });
  app.all('/', (request, response) => dispatch(lambda, ecr, sessions, request, response));
  app.use(layerDownloads(ecr.layers, ecr.registry));
  app.use((request, _response, next) => {
    requireSignature(request, sessions);
    next();
  });
  app.use(lambdaRouter(lambda));
  app.use(() => {
    throw unknownOperation();
  });
  // Express knows error handlers by their four parameters.
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) =>
    answerError(lambda, error, response, sendLambdaError),
  );
  return app;
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
