import { ApiError } from '../aws/api-error.ts';
import type { FoundImage, ImageLookup, ImagePlace } from '../aws/image-lookup.ts';
import { DeployError } from '../errors.ts';
import { oneLine } from '../github/foreign-text.ts';
import type { Log } from '../github/log.ts';
import type { ImageRecord } from '../record.ts';
import type { ImageInput } from './inputs.ts';
import type { Presence, Target } from './plan.ts';
import { apiFailure } from './reasons.ts';

/**
 * Resolves the image to its digest and refuses what Lambda would not run.
 * Where ECR does not let itself be asked, an image given by digest passes with a warning: Lambda decides.
 * @param built what the build before this step says of its image; its own digest needs no second look
 * @throws DeployError for a missing image, an index, or a tag that cannot be resolved
 */
export async function resolveImage(
  image: ImageInput,
  lookup: ImageLookup,
  built: ImageRecord | undefined,
  log: Log,
): Promise<Target> {
  const uri = (digest: string): string => `${image.host}/${image.repository}@${digest}`;
  if (built && built.digest === image.digest)
    return { uri: uri(image.digest), digest: image.digest, architecture: built.architecture };
  let found: FoundImage | undefined;
  try {
    found = await lookup.find(image, image.digest || image.tag);
  } catch (error) {
    return unanswered(error, image, uri(image.digest), log);
  }
  if (!found)
    throw new DeployError(
      `ECR has no image ${image.uri}.`,
      'Check registry, repository and tag or digest; a lifecycle policy may have removed it.',
    );
  if (found.isIndex)
    throw new DeployError(
      `Image ${image.uri} is an index (${found.mediaType}), which Lambda refuses.`,
      'Build for one platform with `--provenance=false --sbom=false`, or give the digest of the one manifest in it.',
    );
  const digest = found.digest || image.digest;
  return { uri: uri(digest), digest, architecture: await architecture(image, found, lookup, log) };
}

function unanswered(error: unknown, image: ImageInput, uri: string, log: Log): Target {
  if (!(error instanceof ApiError) || error.kind === 'credentials') throw apiFailure(error, 'The image');
  if (image.digest === '')
    throw new DeployError(
      `The tag of ${image.uri} cannot be resolved to a digest: ${oneLine(error.message)}.`,
      'Allow `ecr:BatchGetImage` to the deploying role, or give the image by its digest.',
    );
  log.warning(
    `The image is not checked before the update, since ECR does not answer ${error.operation}: ${oneLine(error.message)}`,
  );
  return { uri, digest: image.digest, architecture: '' };
}

async function architecture(
  place: ImagePlace,
  found: FoundImage,
  lookup: ImageLookup,
  log: Log,
): Promise<string> {
  if (found.configDigest === '') return '';
  try {
    return (await lookup.config(place, found.configDigest)).architecture;
  } catch (error) {
    // Many deploying roles may not read layers; Lambda finds a wrong architecture later.
    const reason = error instanceof Error ? error.message : String(error);
    log.info(`The architecture of the image is not checked: ${oneLine(reason)}`);
    return '';
  }
}

/** Whether ECR still holds the image of this URI; asks nothing where it is not known. */
export async function imagePresence(uri: string, lookup: ImageLookup, log: Log): Promise<Presence> {
  const match = /^(?<host>[^/]+)\/(?<repository>.+)@(?<digest>sha256:[0-9a-f]{64})$/.exec(uri)?.groups;
  if (!match?.host || !match.repository || !match.digest) return 'unknown';
  try {
    const found = await lookup.find({ host: match.host, repository: match.repository }, match.digest);
    return found ? 'there' : 'gone';
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warning(`Not checked whether ECR still holds the previous image: ${oneLine(reason)}`);
    return 'unknown';
  }
}
