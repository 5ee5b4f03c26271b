import {
  BatchGetImageCommand,
  ECRClient,
  GetDownloadUrlForLayerCommand,
  type Image,
} from '@aws-sdk/client-ecr';
import { type ImageConfig, imageConfig } from '../docker/image-config.ts';
import { isIndex, manifestTypes } from '../docker/media-types.ts';
import { ApiError, apiError } from './api-error.ts';
import { Budget, pause, within } from './budget.ts';
import type { AwsConfig } from './credentials.ts';
import { ecrHost } from './ecr-host.ts';

const REQUEST_MS = 10_000;
/** A look-up saves a failed update; it is not worth more time than this. */
const LOOKUP_MS = 20_000;
/** An image's config is a few kilobytes; more than this is not one. */
const CONFIG_BYTES = 4 * 1024 * 1024;

/** Where an image lies, by host and repository of its URI. */
export interface ImagePlace {
  host: string;
  repository: string;
}

/** An image as ECR holds it. */
export interface FoundImage {
  /** `sha256:...` */
  digest: string;
  mediaType: string;
  /** An index (manifest list): Lambda refuses it. */
  isIndex: boolean;
  /** Digest of the image's config; '' for an index. */
  configDigest: string;
}

/** Looks images up by the ECR API. */
export interface ImageLookup {
  /**
   * @param id `sha256:...` or a tag
   * @returns undefined where the repository or the image is not there
   * @throws ApiError where ECR does not answer or does not allow it
   */
  find(place: ImagePlace, id: string): Promise<FoundImage | undefined>;
  /**
   * The image's config.
   * @throws ApiError where it cannot be read
   */
  config(place: ImagePlace, configDigest: string): Promise<ImageConfig>;
  close(): void;
}

/**
 * A client of the ECR API. The registry's host says only in which account to look: the API decides, also where the
 * images lie in a registry on this machine and AWS_ENDPOINT_URL names the API beside it.
 */
export function imageLookup(config: AwsConfig): ImageLookup {
  const client = new ECRClient({ ...config, maxAttempts: 1 });

  async function ask<T>(operation: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const budget = new Budget(LOOKUP_MS);
    for (let tries = 1; ; tries++) {
      try {
        return await within(REQUEST_MS, work);
      } catch (error) {
        const failure = apiError(operation, error);
        const again = failure.kind === 'throttled' || failure.kind === 'lost';
        if (!again || tries === 3 || budget.leftMs() === 0) throw failure;
        await pause(budget, tries + 1, 5_000);
      }
    }
  }

  return {
    async find(place, id) {
      const input = {
        ...repository(place),
        imageIds: [id.startsWith('sha256:') ? { imageDigest: id } : { imageTag: id }],
        acceptedMediaTypes: [...manifestTypes],
      };
      try {
        const answer = await ask('ecr:BatchGetImage', (abortSignal) =>
          client.send(new BatchGetImageCommand(input), { abortSignal }),
        );
        const [image] = answer.images ?? [];
        if (image) return foundImage(image);
        const code = answer.failures?.[0]?.failureCode ?? 'ImageNotFound';
        if (code === 'ImageNotFound') return undefined;
        throw new ApiError(
          'ecr:BatchGetImage',
          'refused',
          code,
          200,
          answer.failures?.[0]?.failureReason ?? code,
        );
      } catch (error) {
        if (error instanceof ApiError && error.kind === 'absent') return undefined;
        throw error;
      }
    },
    async config(place, configDigest) {
      const operation = 'ecr:GetDownloadUrlForLayer';
      const input = { ...repository(place), layerDigest: configDigest };
      const { downloadUrl } = await ask(operation, (abortSignal) =>
        client.send(new GetDownloadUrlForLayerCommand(input), { abortSignal }),
      );
      if (!downloadUrl) throw new ApiError(operation, 'refused', 'NoUrl', 200, 'the answer holds no URL');
      return await ask(operation, (signal) => fetchConfig(downloadUrl, signal));
    },
    close: () => client.destroy(),
  };
}

function repository(place: ImagePlace): { repositoryName: string; registryId?: string } {
  const account = ecrHost(place.host)?.account;
  return { repositoryName: place.repository, ...(account && { registryId: account }) };
}

function foundImage(image: Image): FoundImage {
  const manifest = parseObject(image.imageManifest ?? '{}');
  const mediaType = image.imageManifestMediaType ?? String(manifest.mediaType ?? '');
  const config = typeof manifest.config === 'object' && manifest.config !== null ? manifest.config : {};
  const listsManifests = isIndex(mediaType) || Array.isArray(manifest.manifests);
  return {
    digest: image.imageId?.imageDigest ?? '',
    mediaType,
    isIndex: listsManifests,
    configDigest:
      !listsManifests && 'digest' in config && typeof config.digest === 'string' ? config.digest : '',
  };
}

async function fetchConfig(url: string, signal: AbortSignal): Promise<ImageConfig> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`HTTP ${response.status} for the image's config`);
  if (Number(response.headers.get('content-length') ?? 0) > CONFIG_BYTES)
    throw new Error("the image's config is too large");
  return imageConfig(parseObject(await response.text()));
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}
