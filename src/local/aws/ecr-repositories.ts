import { z } from 'zod';
import { AwsError } from './aws-error.ts';
import type { LayerUrls } from './layer-urls.ts';
import type { Place } from './names.ts';
import type { Registry, RegistryAccess } from './registry.ts';
import { parseInput } from './request.ts';
import type { RepositoryState } from './state.ts';
import type { Store } from './store.ts';

/** ECR (JSON 1.1, target prefix `AmazonEC2ContainerRegistry_V20150921`), in front of a real registry. */
export interface Ecr {
  place: Place;
  store: Store;
  registry: Registry;
  access: RegistryAccess;
  layers: LayerUrls;
}

const repositoryName = z
  .string()
  .regex(
    /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/,
    "must satisfy regular expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*'",
  );
const createInput = z.object({
  repositoryName,
  imageTagMutability: z.enum(['MUTABLE', 'IMMUTABLE']).optional(),
  imageScanningConfiguration: z.object({ scanOnPush: z.boolean().optional() }).optional(),
});
const describeRepositoriesInput = z.object({ repositoryNames: z.array(z.string()).optional() });

/** CreateRepository. */
export async function createRepository(ecr: Ecr, body: unknown) {
  const input = parseInput(createInput, body);
  const name = input.repositoryName;
  if (await findRepository(ecr, name))
    throw new AwsError(
      400,
      'RepositoryAlreadyExistsException',
      `The repository with name '${name}' already exists in the registry with id '${ecr.place.account}'`,
    );
  const repository: RepositoryState = {
    name,
    createdAt: new Date().toISOString(),
    tagMutability: input.imageTagMutability ?? 'MUTABLE',
    scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
  };
  ecr.store.state.repositories[name] = repository;
  await ecr.store.save();
  return { repository: describeRepository(ecr, repository) };
}

/** DescribeRepositories; all where none is named. */
export async function describeRepositories(ecr: Ecr, body: unknown) {
  const { repositoryNames } = parseInput(describeRepositoriesInput, body);
  const names = repositoryNames ?? [
    ...new Set([...Object.keys(ecr.store.state.repositories), ...(await ecr.registry.repositories())]),
  ];
  const repositories = await Promise.all(names.map((name) => requireRepository(ecr, name)));
  return { repositories: repositories.map((repository) => describeRepository(ecr, repository)) };
}

/** It exists when it was created here, or when something was pushed: the registry itself creates on push. */
async function findRepository(ecr: Ecr, name: string): Promise<RepositoryState | undefined> {
  const created = ecr.store.state.repositories[name];
  if (created) return created;
  if ((await ecr.registry.tags(name)) === undefined) return undefined;
  return { name, createdAt: new Date(0).toISOString(), tagMutability: 'MUTABLE', scanOnPush: false };
}

/** @throws AwsError RepositoryNotFoundException */
export async function requireRepository(ecr: Ecr, name: string): Promise<RepositoryState> {
  const repository = await findRepository(ecr, name);
  if (repository) return repository;
  throw new AwsError(
    400,
    'RepositoryNotFoundException',
    `The repository with name '${name}' does not exist in the registry with id '${ecr.place.account}'`,
  );
}

function describeRepository({ place, registry }: Ecr, repository: RepositoryState) {
  return {
    repositoryArn: `arn:aws:ecr:${place.region}:${place.account}:repository/${repository.name}`,
    registryId: place.account,
    repositoryName: repository.name,
    repositoryUri: `${registry.host}/${repository.name}`,
    createdAt: Date.parse(repository.createdAt) / 1000,
    imageTagMutability: repository.tagMutability,
    imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
    encryptionConfiguration: { encryptionType: 'AES256' },
  };
}
