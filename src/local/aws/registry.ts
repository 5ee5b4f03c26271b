import { createHash } from 'node:crypto';
import { z } from 'zod';

/** A registry that is signed in to with a name and a password. */
export interface RegistryAccess {
  /** `localhost:5000`, as in image names; http, since it is on this machine. */
  host: string;
  /** Where it listens, if another host and port than in image names; as Lambda is nearer to ECR than a runner is. */
  address?: string;
  user: string;
  password: string;
}

/** A manifest as the registry holds it. */
export interface StoredManifest {
  digest: string;
  mediaType: string;
  text: string;
}

/** The digest of a manifest: that of its very bytes. */
export function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** The registry refused the name or the password. */
export class RegistryDenied extends Error {
  override readonly name = 'RegistryDenied';
}

const MANIFEST_TYPES = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
];

const tagList = z.object({ tags: z.array(z.string()).nullish() });

/** Reads and writes manifests by the OCI distribution protocol. */
export class Registry {
  readonly host: string;
  readonly #address: string;
  readonly #headers: Record<string, string>;

  constructor(access: RegistryAccess) {
    this.host = access.host;
    this.#address = access.address ?? access.host;
    const login = Buffer.from(`${access.user}:${access.password}`).toString('base64');
    this.#headers = { authorization: `Basic ${login}` };
  }

  /**
   * @param reference a tag or a digest
   * @returns undefined where repository or reference do not exist
   * @throws RegistryDenied, or Error where the registry does not answer as it should
   */
  async manifest(repository: string, reference: string): Promise<StoredManifest | undefined> {
    const response = await this.#get(`${repository}/manifests/${reference}`, MANIFEST_TYPES.join(', '));
    if (!response) return undefined;
    const text = await response.text();
    const mediaType = response.headers.get('content-type')?.split(';')[0] ?? '';
    return { digest: digestOf(text), mediaType, text };
  }

  /**
   * Stores a manifest under a tag.
   * @throws RegistryDenied, or Error
   */
  async putManifest(repository: string, tag: string, manifest: StoredManifest): Promise<void> {
    const response = await fetch(this.#url(`${repository}/manifests/${tag}`), {
      method: 'PUT',
      headers: { ...this.#headers, 'content-type': manifest.mediaType },
      body: manifest.text,
    });
    await response.arrayBuffer();
    this.#check(response, `PUT ${repository}:${tag}`);
  }

  /** A JSON blob, such as an image's config; undefined where it does not exist. */
  async blob(repository: string, digest: string): Promise<unknown> {
    const response = await this.#get(`${repository}/blobs/${digest}`, '*/*');
    return response ? ((await response.json()) as unknown) : undefined;
  }

  /** Whether the repository holds this blob. */
  async hasBlob(repository: string, digest: string): Promise<boolean> {
    return (await this.#ask('HEAD', `${repository}/blobs/${digest}`, '*/*')) !== undefined;
  }

  /** The answer that carries a blob, its body unread; undefined where it does not exist. */
  async download(repository: string, digest: string): Promise<Response | undefined> {
    return await this.#get(`${repository}/blobs/${digest}`, '*/*');
  }

  /** The tags of a repository, sorted; undefined where it does not exist. */
  async tags(repository: string): Promise<string[] | undefined> {
    const response = await this.#get(`${repository}/tags/list`, 'application/json');
    return response ? (tagList.parse(await response.json()).tags ?? []).sort() : undefined;
  }

  /** The names of all repositories that hold something. */
  async repositories(): Promise<string[]> {
    const response = await this.#get('_catalog?n=1000', 'application/json');
    if (!response) return [];
    return (
      z.object({ repositories: z.array(z.string()).nullish() }).parse(await response.json()).repositories ??
      []
    );
  }

  #get(path: string, accept: string): Promise<Response | undefined> {
    return this.#ask('GET', path, accept);
  }

  async #ask(method: 'GET' | 'HEAD', path: string, accept: string): Promise<Response | undefined> {
    const response = await fetch(this.#url(path), { method, headers: { ...this.#headers, accept } });
    if (response.ok) return response;
    await response.arrayBuffer();
    if (response.status === 404 || response.status === 400) return undefined;
    this.#check(response, `${method} ${path}`);
    return undefined;
  }

  #check(response: Response, what: string): void {
    if (response.status === 401 || response.status === 403)
      throw new RegistryDenied(`The registry ${this.host} refused ${what}: HTTP ${response.status}.`);
    if (!response.ok)
      throw new Error(`The registry ${this.host} answered ${what} with HTTP ${response.status}.`);
  }

  #url(path: string): string {
    return `http://${this.#address}/v2/${path}`;
  }
}
