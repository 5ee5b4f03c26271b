import { z } from 'zod';
import { AwsError } from './aws-error.ts';
import { createRepository, describeRepositories, type Ecr, requireRepository } from './ecr-repositories.ts';
import { digestOf, type StoredManifest } from './registry.ts';
import { parseInput } from './request.ts';

export type { Ecr } from './ecr-repositories.ts';

const imageId = z.object({ imageDigest: z.string().optional(), imageTag: z.string().optional() });
const describeImagesInput = z.object({ repositoryName: z.string(), imageIds: z.array(imageId).optional() });
const batchGetInput = z.object({ repositoryName: z.string(), imageIds: z.array(imageId) });
const putInput = z.object({
  repositoryName: z.string(),
  imageManifest: z.string(),
  imageManifestMediaType: z.string().optional(),
  imageTag: z.string().optional(),
});
const layerInput = z.object({
  repositoryName: z.string(),
  layerDigest: z
    .string()
    .regex(/^[\w+.-]+:[0-9a-fA-F]+$/, "must satisfy regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'"),
});
const sized = z.object({
  config: z.object({ mediaType: z.string().optional(), size: z.number() }).optional(),
  layers: z.array(z.object({ size: z.number() })).optional(),
});

type Operation = (ecr: Ecr, body: unknown) => Promise<unknown>;

/** The operations by name. */
export const ecrOperations: Record<string, Operation> = {
  GetAuthorizationToken: getAuthorizationToken,
  CreateRepository: createRepository,
  DescribeRepositories: describeRepositories,
  DescribeImages: describeImages,
  BatchGetImage: batchGetImage,
  GetDownloadUrlForLayer: getDownloadUrlForLayer,
  PutImage: putImage,
};

async function getAuthorizationToken({ access }: Ecr) {
  return {
    authorizationData: [
      {
        authorizationToken: Buffer.from(`${access.user}:${access.password}`).toString('base64'),
        // Twelve hours, as ECR; JSON 1.1 has times in seconds.
        expiresAt: Math.floor(Date.now() / 1000) + 12 * 3600,
        proxyEndpoint: `http://${access.host}`,
      },
    ],
  };
}

async function describeImages(ecr: Ecr, body: unknown) {
  const input = parseInput(describeImagesInput, body);
  const name = (await requireRepository(ecr, input.repositoryName)).name;
  const tags = (await ecr.registry.tags(name)) ?? [];
  const byTag = await Promise.all(tags.map((tag) => findImage(ecr, name, { imageTag: tag })));
  const wanted: z.infer<typeof imageId>[] = input.imageIds ?? tags.map((imageTag) => ({ imageTag }));
  const images = new Map<string, StoredManifest>();
  for (const id of wanted) {
    const image = await findImage(ecr, name, id);
    if (!image && input.imageIds)
      throw new AwsError(
        400,
        'ImageNotFoundException',
        `The image with imageId {imageDigest:'${id.imageDigest ?? 'null'}', imageTag:'${id.imageTag ?? 'null'}'} does not exist within the repository with name '${name}' in the registry with id '${ecr.place.account}'`,
      );
    if (image) images.set(image.digest, image);
  }
  return {
    imageDetails: [...images.values()].map((image) => ({
      registryId: ecr.place.account,
      repositoryName: name,
      imageDigest: image.digest,
      imageTags: tags.filter((_, at) => byTag[at]?.digest === image.digest),
      imageSizeInBytes: sizeOf(image),
      imageManifestMediaType: image.mediaType,
      artifactMediaType: sized.safeParse(JSON.parse(image.text)).data?.config?.mediaType,
    })),
  };
}

async function batchGetImage(ecr: Ecr, body: unknown) {
  const input = parseInput(batchGetInput, body);
  const { name } = await requireRepository(ecr, input.repositoryName);
  const found = await Promise.all(
    input.imageIds.map(async (id) => ({ id, image: await findImage(ecr, name, id) })),
  );
  return {
    images: found.flatMap(({ id, image }) => (image ? [describeImage(ecr, name, image, id.imageTag)] : [])),
    failures: found.flatMap(({ id, image }) =>
      image
        ? []
        : [{ imageId: id, failureCode: 'ImageNotFound', failureReason: 'Requested image not found' }],
    ),
  };
}

/**
 * A layer, or an image's config. ECR answers LayerInaccessibleException for one that belongs to no image; a registry
 * tells nobody which manifests without a tag it has, so that this cannot be known here.
 */
async function getDownloadUrlForLayer(ecr: Ecr, body: unknown) {
  const { repositoryName: asked, layerDigest } = parseInput(layerInput, body);
  const { name } = await requireRepository(ecr, asked);
  if (!(await ecr.registry.hasBlob(name, layerDigest)))
    throw new AwsError(
      400,
      'LayersNotFoundException',
      `The layer with digest '${layerDigest}' does not exist in the repository with name '${name}' in the registry with id '${ecr.place.account}'`,
    );
  return { downloadUrl: ecr.layers.sign(name, layerDigest), layerDigest };
}

/** Puts a tag on a manifest whose layers the registry has. */
async function putImage(ecr: Ecr, body: unknown) {
  const input = parseInput(putInput, body);
  const { name, tagMutability } = await requireRepository(ecr, input.repositoryName);
  const mediaType =
    input.imageManifestMediaType ??
    z.object({ mediaType: z.string() }).parse(JSON.parse(input.imageManifest)).mediaType;
  const digest = digestOf(input.imageManifest);
  const image: StoredManifest = { digest, mediaType, text: input.imageManifest };
  const old = await findImage(
    ecr,
    name,
    input.imageTag ? { imageTag: input.imageTag } : { imageDigest: digest },
  );
  if (old?.digest === digest)
    throw new AwsError(
      400,
      'ImageAlreadyExistsException',
      `Image with digest '${digest}' and tag '${input.imageTag ?? 'null'}' already exists in the repository with name '${name}' in registry with id '${ecr.place.account}'`,
    );
  if (old && tagMutability === 'IMMUTABLE')
    throw new AwsError(
      400,
      'ImageTagAlreadyExistsException',
      `The image tag '${input.imageTag}' already exists in the '${name}' repository and cannot be overwritten because the repository is immutable.`,
    );
  await ecr.registry.putManifest(name, input.imageTag ?? digest, image);
  return { image: describeImage(ecr, name, image, input.imageTag) };
}

async function findImage(
  ecr: Ecr,
  name: string,
  id: z.infer<typeof imageId>,
): Promise<StoredManifest | undefined> {
  const reference = id.imageDigest ?? id.imageTag;
  return reference === undefined ? undefined : ecr.registry.manifest(name, reference);
}

function describeImage({ place }: Ecr, name: string, image: StoredManifest, tag?: string) {
  return {
    registryId: place.account,
    repositoryName: name,
    imageId: { imageDigest: image.digest, imageTag: tag },
    imageManifest: image.text,
    imageManifestMediaType: image.mediaType,
  };
}

/** Compressed bytes of config and layers; 0 for an index. */
function sizeOf(image: StoredManifest): number {
  const { config, layers = [] } = sized.parse(JSON.parse(image.text));
  return layers.reduce((sum, { size }) => sum + size, config?.size ?? 0);
}
