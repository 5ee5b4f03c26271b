import { readFile, rm } from 'node:fs/promises';

/** What buildx leaves behind of a build, as far as it is used here. */
export interface BuildMetadata {
  /** Of the image's manifest, `sha256:...`; '' where the file does not say it. */
  digest: string;
  /** `BUILDER/NODE/ID`, by which the builder knows the build; '' where the file does not say it. */
  ref: string;
  /** Why something is missing, a clause; '' where nothing is. */
  trouble: string;
}

/** Reads the file of `--metadata-file` and removes it. Never throws: what cannot be read is missing. */
export async function takeBuildMetadata(path: string): Promise<BuildMetadata> {
  try {
    return buildMetadata(await readFile(path, 'utf8'));
  } catch (error) {
    return { digest: '', ref: '', trouble: `it cannot be read: ${String(error)}` };
  } finally {
    await rm(path, { force: true }).catch(() => {});
  }
}

/** Reads the text of a metadata file. Source: github.com/docker/buildx, docs/reference/buildx_build.md. */
export function buildMetadata(text: string): BuildMetadata {
  const parsed = parse(text);
  const digest = parsed?.['containerimage.digest'];
  const ref = parsed?.['buildx.build.ref'];
  const isDigest = typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest);
  return {
    digest: isDigest ? digest : '',
    ref: typeof ref === 'string' && /^\w[\w.+-]*(\/\w[\w.+-]*)+$/.test(ref) ? ref : '',
    trouble: parsed ? (isDigest ? '' : 'it names no digest') : 'it is no JSON object',
  };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}
