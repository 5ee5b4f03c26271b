/** An image reference in parts, with Docker's defaults filled in. */
export interface ImageReference {
  /** Host as it stands in the normalized name: `docker.io`, `public.ecr.aws`, `localhost:5000`. */
  host: string;
  /** `library/node` */
  repository: string;
  /** `latest` where neither tag nor digest is given; '' where only a digest is. */
  tag: string;
  /** `sha256:...` or ''. */
  digest: string;
}

const path = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const shape = new RegExp(
  `^(?<name>(?:[A-Za-z0-9.-]+(?::\\d+)?/)?${path}(?:/${path})*)(?::(?<tag>\\w[\\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$`,
);

/**
 * Parses a reference by the rules of github.com/distribution/reference (`ParseNormalizedNamed`).
 * @returns undefined where it is not one
 */
export function parseReference(text: string): ImageReference | undefined {
  const groups = shape.exec(text)?.groups;
  if (!groups?.name) return undefined;
  const slash = groups.name.indexOf('/');
  const first = slash < 0 ? '' : groups.name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  let host = isHost ? first : 'docker.io';
  let repository = isHost ? groups.name.slice(slash + 1) : groups.name;
  if (host === 'index.docker.io') host = 'docker.io';
  if (host === 'docker.io' && !repository.includes('/')) repository = `library/${repository}`;
  const digest = groups.digest ?? '';
  return { host, repository, tag: groups.tag ?? (digest ? '' : 'latest'), digest };
}

/** Whether the host is this machine, where registries speak plain HTTP (as in Docker Engine and BuildKit). */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(host);
}
