import { readFile, rm } from 'node:fs/promises';

/** What buildx leaves behind of a build, as far as it is used here. */
export interface BuildMetadata {
  /** Of the image's manifest, `sha256:...`; '' where the file does not say it. */
  digest: string;
  /** Of its config; '' where the file does not say it. */
  config: string;
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
    return { digest: '', config: '', ref: '', trouble: `it cannot be read: ${String(error)}` };
  } finally {
    await rm(path, { force: true }).catch(() => {});
  }
}

/** Reads the text of a metadata file. Source: github.com/docker/buildx, docs/reference/buildx_build.md. */
export function buildMetadata(text: string): BuildMetadata {
  const parsed = parse(text);
  const digest = digestIn(parsed, 'containerimage.digest');
  const ref = parsed?.['buildx.build.ref'];
  return {
    digest,
    config: digestIn(parsed, 'containerimage.config.digest'),
    ref: typeof ref === 'string' && /^\w[\w.+-]*(\/\w[\w.+-]*)+$/.test(ref) ? ref : '',
    trouble: parsed ? (digest === '' ? 'it names no digest' : '') : 'it is no JSON object',
  };
}

function digestIn(parsed: Record<string, unknown> | undefined, name: string): string {
  const value = parsed?.[name];
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value) ? value : '';
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}
