import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { startLocalAws } from '../../src/local/aws/server.ts';
import {
  type DockerCommand,
  type Registry,
  startRegistry,
  stopRegistry,
} from '../../src/local/parts/index.ts';
import { startCacheService } from '../../test/support/cache-service.ts';
import type { App } from './app.ts';
import { startArchiveServer } from './archives.ts';
import { makeBuilderImage } from './builder-image.ts';
import type { Cleanup } from './cleanup.ts';
import { BUILDER, fillHub, hubName, moveBase, pushTiny } from './hub.ts';
import type { Distances } from './options.ts';
import { type ShapingProxy, startShapingProxy, type Traffic } from './shaping.ts';

/** What stands for GitHub's and Amazon's services and the public registries, each at its distance. */
export interface Services {
  /** The registry behind its proxy, with ECR's sign-in. */
  ecr: Registry;
  /** For AWS_ENDPOINT_URL. */
  awsEndpoint: string;
  /** Of the app's packages. */
  registry: string;
  /** Full names in the hub, by the names that everybody knows. */
  images: Readonly<Record<string, string>>;
  builderImage: string;
  /** Lets the base image's tag name the first image, or the one that was built anew. */
  moveBase(moved: boolean): Promise<void>;
  lambda: LambdaClient;
  /** An empty cache of its own for each history of pushes, and its ECR repository. */
  newHistory(name: string): Promise<History>;
  traffic(): Record<Exclude<Service, 'cache'>, Traffic>;
}

export type Service = 'cache' | 'ecr' | 'hub' | 'npm' | 'pypi' | 'aws';

/** What lasts from one push of an arm to the next. */
export interface History {
  repository: string;
  /** For ACTIONS_RESULTS_URL. */
  cacheUrl: string;
  cacheTraffic(): Traffic;
  close(): Promise<void>;
}

export const FUNCTION = 'bench';
export const REGION = 'us-east-1';
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
const ROLE = 'arn:aws:iam::000000000000:role/bench';

export interface ServicesOptions {
  /** The project's ignored folder. */
  folder: string;
  /** A folder that is removed afterwards. */
  temp: string;
  /** The Engine that has the base image. */
  docker: DockerCommand;
  app: App;
  /** Folder of the app's packages. */
  archives: string;
  distances: Distances;
  /** Whether an arm needs the builder's image. */
  builder: boolean;
  say: (line: string) => void;
}

/** Starts everything that lasts for the whole bench; `cleanup` ends it. */
export async function startServices(options: ServicesOptions, cleanup: Cleanup): Promise<Services> {
  const { folder, temp, docker, distances, say } = options;
  const registry = async (name: string): Promise<Registry> => {
    const place = join(temp, name);
    await mkdir(place, { recursive: true });
    cleanup.add(`registry ${name}`, async () => await stopRegistry(place));
    return await startRegistry({ folder: place, programs: folder, say });
  };
  const proxy = async (
    service: Service,
    target: string,
    more: { headers?: Record<string, string>; hideTarget?: boolean } = {},
  ): Promise<ShapingProxy> => {
    const started = await startShapingProxy({ target, distance: distances[service], ...more });
    cleanup.add(`proxy ${service}`, async () => await started.close());
    return started;
  };
  const [ecr, hub] = [await registry('ecr'), await registry('hub')];
  const archives = await startArchiveServer(options.archives);
  cleanup.add('package registry', async () => await archives.close());
  const login = Buffer.from(`${hub.user}:${hub.password}`).toString('base64');
  const proxies = {
    ecr: await proxy('ecr', `http://${ecr.host}`),
    // Docker Hub asks nobody for a sign-in to its public images.
    hub: await proxy('hub', `http://${hub.host}`, { headers: { authorization: `Basic ${login}` } }),
    // The same archives; an app asks one of both.
    npm: await proxy('npm', archives.url),
    pypi: await proxy('pypi', archives.url),
  };
  const builder = options.builder ? await makeBuilderImage(folder, docker, say) : undefined;
  const { images, settings } = options.app;
  await fillHub({ hub, docker, temp, images, settings, builder });
  const shapedEcr = { ...ecr, host: proxies.ecr.host };
  const local = await startLocalAws({
    stateFolder: join(temp, 'aws'),
    registry: { ...shapedEcr, address: ecr.host },
    updateMs: 0,
    publishMs: 0,
    // The clock stops when the update is accepted: no function runs.
    runtime: {
      prepare: async () => {},
      start: async () => {
        throw new Error('no function runs in the bench');
      },
    },
  });
  cleanup.add('AWS', async () => await local.close());
  const aws = await proxy('aws', local.endpoint);
  const client = { region: REGION, credentials: CREDENTIALS, maxAttempts: 1 };
  await createFunction(new LambdaClient({ ...client, endpoint: local.endpoint }), {
    uri: await pushTiny({ ecr, docker, temp }, shapedEcr.host),
  });
  const repositories = new ECRClient({ ...client, endpoint: local.endpoint });
  return {
    ecr: shapedEcr,
    awsEndpoint: `http://${aws.host}`,
    registry: `http://${proxies[options.app.registry].host}`,
    images: Object.fromEntries(images.map((name) => [name, `${proxies.hub.host}/${hubName(name)}`])),
    builderImage: `${proxies.hub.host}/${BUILDER}`,
    moveBase: async (moved) => await moveBase(hub, images[0], moved),
    lambda: new LambdaClient({ ...client, endpoint: `http://${aws.host}` }),
    traffic: () => ({
      ecr: proxies.ecr.traffic(),
      hub: proxies.hub.traffic(),
      npm: proxies.npm.traffic(),
      pypi: proxies.pypi.traffic(),
      aws: aws.traffic(),
    }),
    async newHistory(name) {
      await repositories.send(new CreateRepositoryCommand({ repositoryName: name }));
      const service = await startCacheService();
      const target = service.url.replace(/\/$/, '');
      const shaped = await startShapingProxy({ target, distance: distances.cache, hideTarget: true });
      return {
        repository: name,
        cacheUrl: `http://${shaped.host}/`,
        cacheTraffic: () => shaped.traffic(),
        async close() {
          await shaped.close();
          await service.close();
        },
      };
    },
  };
}

async function createFunction(lambda: LambdaClient, image: { uri: string }): Promise<void> {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: FUNCTION,
      PackageType: 'Image',
      Architectures: [architecture],
      Code: { ImageUri: image.uri },
      Role: ROLE,
    }),
  );
}
