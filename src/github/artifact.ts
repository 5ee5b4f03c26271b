import { createHash } from 'node:crypto';
import { readRuntimeToken } from './cache-token.ts';
import type { Environment } from './inputs.ts';

/** Version of the artifact service that this speaks. */
const VERSION = 7;
const MIME_TYPE = 'application/zip';

/** Why an artifact was not uploaded; the end of a sentence. */
export class ArtifactError extends Error {
  override readonly name = 'ArtifactError';
}

/** Whether this job is offered the artifact service: JavaScript actions on GitHub are, GHES and this machine are not. */
export function canUploadArtifacts(env: Environment): boolean {
  return Boolean(env.ACTIONS_RESULTS_URL) && backendIds(env) !== undefined;
}

/**
 * Uploads a zip of some small files as an artifact of this workflow run: two calls of the service and one Put Blob.
 * `@actions/artifact` does the same in 5 MB of bundle, which every job would download before it starts.
 * Source: github.com/actions/toolkit, packages/artifact, src/internal/upload and generated/results/api/v1/artifact.
 * @param env ACTIONS_RESULTS_URL and ACTIONS_RUNTIME_TOKEN
 * @param name unique in the run
 * @param deadline milliseconds since 1970
 * @returns the id under which GitHub's pages show it
 * @throws ArtifactError
 */
export async function uploadArtifact(
  env: Environment,
  name: string,
  files: Readonly<Record<string, string>>,
  deadline: number,
): Promise<string> {
  const ids = backendIds(env);
  if (!ids) throw new ArtifactError('this job is not offered the artifact service');
  const { strToU8, zipSync } = await import('fflate');
  const zip = zipSync(
    Object.fromEntries(Object.entries(files).map(([path, text]) => [path, strToU8(text)])),
    { level: 6 },
  );
  const call = (method: string, body: object): Promise<Record<string, unknown>> =>
    callService(env, method, { ...ids, name, ...body }, deadline);

  const { signed_upload_url: url } = await call('CreateArtifact', { version: VERSION, mime_type: MIME_TYPE });
  if (typeof url !== 'string') throw new ArtifactError('CreateArtifact gave no address to upload to');
  const stored = await send('The upload', deadline, url, {
    method: 'PUT',
    headers: { 'x-ms-blob-type': 'BlockBlob', 'content-type': MIME_TYPE },
    body: zip,
  });
  await stored.body?.cancel();
  const hash = `sha256:${createHash('sha256').update(zip).digest('hex')}`;
  const { artifact_id: id } = await call('FinalizeArtifact', { size: String(zip.length), hash });
  return String(id ?? '');
}

async function callService(
  env: Environment,
  method: string,
  body: object,
  deadline: number,
): Promise<Record<string, unknown>> {
  const path = `/twirp/github.actions.results.api.v1.ArtifactService/${method}`;
  const answer = await send(method, deadline, new URL(path, env.ACTIONS_RESULTS_URL).href, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${env.ACTIONS_RUNTIME_TOKEN}` },
    body: JSON.stringify(body),
  });
  const parsed = (await answer.json().catch(() => undefined)) as Record<string, unknown> | undefined;
  if (parsed?.ok !== true) throw new ArtifactError(`${method} was refused`);
  return parsed;
}

async function send(what: string, deadline: number, url: string, init: RequestInit): Promise<Response> {
  const left = deadline - Date.now();
  if (left <= 0) throw new ArtifactError(`${what} was not sent: the time for it is over`);
  let answer: Response;
  try {
    answer = await fetch(url, { ...init, signal: AbortSignal.timeout(left) });
  } catch (cause) {
    const late = cause instanceof Error && cause.name === 'TimeoutError';
    throw new ArtifactError(`${what} ${late ? 'was not answered in time' : 'failed'}`, { cause });
  }
  if (answer.ok) return answer;
  const text = (await answer.text().catch(() => '')).slice(0, 200);
  throw new ArtifactError(`${what} was answered with HTTP ${answer.status}: ${text}`);
}

/** `Actions.Results:RUN:JOB` in the token's scopes. */
function backendIds(
  env: Environment,
): { workflow_run_backend_id: string; workflow_job_run_backend_id: string } | undefined {
  const scopes = (readRuntimeToken(env.ACTIONS_RUNTIME_TOKEN)?.scp ?? '').split(' ');
  const [, run, job] =
    scopes.map((scope) => scope.split(':')).find(([name]) => name === 'Actions.Results') ?? [];
  return run && job ? { workflow_run_backend_id: run, workflow_job_run_backend_id: job } : undefined;
}
