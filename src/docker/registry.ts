import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { DeployError } from '../errors.ts';
import type { RegistryCredentials } from './credentials.ts';
import { manifestTypes } from './media-types.ts';
import { type RegistryAnswer, registryCall } from './registry-http.ts';

const accept = manifestTypes.join(', ');

/** A manifest as the registry holds it, byte by byte. */
export interface Manifest {
  digest: string;
  mediaType: string;
  body: Buffer;
}

export interface Registry {
  /** Host as in image names. */
  readonly host: string;
  /** The manifest of a tag or digest; `unknown-repository` and `unknown` where the registry has none. */
  manifest(repository: string, reference: string): Promise<Manifest | 'unknown' | 'unknown-repository'>;
  /** The digest of a tag without its manifest; undefined where there is no such tag. */
  digest(repository: string, tag: string): Promise<string | undefined>;
  /** A blob that is JSON (an image's config). */
  json(repository: string, digest: string): Promise<unknown>;
  /** A blob as a stream, for those too large for memory; a minute at most. */
  blob(repository: string, digest: string): Promise<Readable>;
  /** Whether the repository holds a blob. */
  hasBlob(repository: string, digest: string): Promise<boolean>;
  /** Uploads a blob of so many bytes in one request, which only `signal` limits. */
  putBlob(
    repository: string,
    digest: string,
    blob: { content: Readable; bytes: number; signal: AbortSignal },
  ): Promise<void>;
  /** Puts a manifest that the repository already holds under another tag. */
  tag(repository: string, tag: string, manifest: Manifest): Promise<void>;
}

/**
 * The registry at a host. Every method throws DeployError where the registry refuses or cannot be reached.
 * Source: github.com/opencontainers/distribution-spec, spec.md.
 */
export function openRegistry(host: string, credentials?: RegistryCredentials): Registry {
  const call = registryCall(host, credentials);
  const pull = (repository: string) => `repository:${repository}:pull`;
  return {
    host,
    async manifest(repository, reference) {
      const answer = await call({
        method: 'GET',
        path: `${repository}/manifests/${reference}`,
        scope: pull(repository),
        headers: { accept },
      });
      if (answer.status === 404)
        return answer.codes.includes('NAME_UNKNOWN') ? 'unknown-repository' : 'unknown';
      expectOk(answer, `read \`${reference}\``, host, repository);
      const digest = sha256(answer.body);
      if (reference.startsWith('sha256:') && reference !== digest)
        throw new DeployError(
          `${host}/${repository} answered another manifest than ${reference}: ${digest}.`,
        );
      return { digest, mediaType: contentType(answer), body: answer.body };
    },
    async digest(repository, tag) {
      const path = `${repository}/manifests/${tag}`;
      const answer = await call({ method: 'HEAD', path, scope: pull(repository), headers: { accept } });
      if (answer.status === 404) return undefined;
      expectOk(answer, `look up \`${tag}\``, host, repository);
      const digest = answer.headers['docker-content-digest'];
      if (typeof digest === 'string') return digest;
      // The header is optional in the specification.
      const manifest = await this.manifest(repository, tag);
      return typeof manifest === 'string' ? undefined : manifest.digest;
    },
    async json(repository, digest) {
      const path = `${repository}/blobs/${digest}`;
      const answer = await call({ method: 'GET', path, scope: pull(repository) });
      expectOk(answer, `read ${digest}`, host, repository);
      if (sha256(answer.body) !== digest)
        throw new DeployError(`${host}/${repository} answered other bytes than those of ${digest}.`);
      return JSON.parse(answer.body.toString('utf8'));
    },
    async blob(repository, digest) {
      const path = `${repository}/blobs/${digest}`;
      const answer = await call({ method: 'GET', path, scope: pull(repository), stream: true });
      expectOk(answer, `read ${digest}`, host, repository);
      return answer.stream ?? Readable.from([]);
    },
    async hasBlob(repository, digest) {
      const path = `${repository}/blobs/${digest}`;
      const answer = await call({ method: 'HEAD', path, scope: pull(repository) });
      if (answer.status === 404) return false;
      expectOk(answer, `look up ${digest}`, host, repository);
      return true;
    },
    async putBlob(repository, digest, blob) {
      const scope = `repository:${repository}:pull,push`;
      const begun = await call({ method: 'POST', path: `${repository}/blobs/uploads/`, scope });
      expectOk(begun, 'begin an upload', host, repository);
      const path = uploadPath(begun.headers.location ?? '', repository, digest);
      const answer = await call({ method: 'PUT', path, scope, upload: blob });
      expectOk(answer, `upload ${digest}`, host, repository);
    },
    async tag(repository, tag, manifest) {
      const answer = await call({
        method: 'PUT',
        path: `${repository}/manifests/${tag}`,
        scope: `repository:${repository}:pull,push`,
        headers: { 'content-type': manifest.mediaType },
        body: manifest.body,
      });
      if (answer.status < 300) return;
      // A tag that another run put at the same moment is what we wanted, too.
      if ((await this.digest(repository, tag)) === manifest.digest) return;
      if (/immutable/i.test(answer.message) || answer.codes.includes('TAG_INVALID'))
        throw immutableTag(`${host}/${repository}`, tag);
      expectOk(answer, `write tag \`${tag}\``, host, repository);
    },
  };
}

/** The error for a tag that is there with another digest and cannot be moved. */
export function immutableTag(name: string, tag: string): DeployError {
  return new DeployError(
    `Tag \`${tag}\` of ${name} names another image, and the repository's tags are immutable.`,
    'Exclude tags that move (branches, `pr-*`) from immutability in the repository, or choose another name in `tags`.',
  );
}

/** Where a blob's bytes go, below `/v2/`; the registry may name any path, but no other host gets the login. */
function uploadPath(location: string, repository: string, digest: string): string {
  const url = new URL(location, `http://registry/v2/${repository}/blobs/uploads/`);
  url.searchParams.set('digest', digest);
  return `${url.pathname.replace(/^\/v2\//, '')}${url.search}`;
}

function expectOk(answer: RegistryAnswer, action: string, host: string, repository: string): void {
  if (answer.status < 300) return;
  const own = answer.message ? ` (${answer.message.replace(/\.$/, '')})` : '';
  const name = `${host}/${repository}`;
  if (answer.status === 401)
    throw new DeployError(
      `Registry refuses the login to ${action} in ${name}: HTTP 401${own}.`,
      'Check the account and Region of `registry` and the AWS credentials; for another registry than ECR log in before this step.',
    );
  if (answer.status === 403)
    throw new DeployError(
      `Registry refuses to ${action} in ${name}: HTTP ${answer.status}${own}.`,
      'Allow the role ecr:BatchGetImage, ecr:GetDownloadUrlForLayer, ecr:BatchCheckLayerAvailability, ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload and ecr:PutImage on the repository.',
    );
  throw new DeployError(
    `Cannot ${action} in ${name}: HTTP ${answer.status}${own}.`,
    answer.status >= 500 || answer.status === 429
      ? 'The registry is out of order or overloaded: run the job again.'
      : '',
  );
}

function contentType(answer: RegistryAnswer): string {
  return (answer.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
}

function sha256(body: Buffer): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}
