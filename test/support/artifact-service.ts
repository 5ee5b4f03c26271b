import { createHash, randomUUID } from 'node:crypto';
import express, { type Express, type Request } from 'express';
import { z } from 'zod';
import { readGrant } from './cache-service/token.ts';

/** What a test sees of the artifact service that stands beside the cache service. */
export interface Artifacts {
  /** Complete artifacts: zip by name. */
  stored: Map<string, Buffer>;
  /** Requests that get this status instead, or, with 0, no answer at all; by method (`CreateArtifact`, `PUT`, ...). */
  faults: Map<string, number>;
}

const SERVICE = 'github.actions.results.api.v1.ArtifactService';
const ids = { workflow_run_backend_id: z.uuid(), workflow_job_run_backend_id: z.uuid() };
const name = z.string().regex(/^[^"<>|*?:\r\n\\/]+$/);
const create = z.strictObject({
  ...ids,
  name,
  version: z.literal(7),
  mime_type: z.literal('application/zip'),
});
const finalize = z.strictObject({ ...ids, name, size: z.string().regex(/^\d+$/), hash: z.string() });

/**
 * Adds a stand-in of the artifact service v2 (the two Twirp methods of an upload, and the blob between them).
 * Source: github.com/actions/toolkit, packages/artifact, src/generated/results/api/v1/artifact.ts.
 * @param origin the server's address, once it is known
 */
export function addArtifactService(app: Express, origin: () => string): Artifacts {
  const pending = new Map<string, { name: string; zip?: Buffer }>();
  const artifacts: Artifacts = { stored: new Map(), faults: new Map() };

  app.post(`/twirp/${SERVICE}/:method`, express.json(), (request: Request, response) => {
    const method = String(request.params.method);
    const fault = artifacts.faults.get(method);
    if (fault === 0) return;
    if (fault) return void response.status(fault).json({ code: 'unavailable', msg: 'a fault of the test' });
    if (!readGrant(request.get('authorization')))
      return void response.status(401).json({ code: 'unauthenticated', msg: 'no token' });
    const call = (method === 'CreateArtifact' ? create : finalize).safeParse(request.body);
    if (!call.success)
      return void response.status(400).json({ code: 'invalid_argument', msg: z.prettifyError(call.error) });
    if (method === 'CreateArtifact') {
      if (artifacts.stored.has(call.data.name))
        return void response
          .status(409)
          .json({ code: 'already_exists', msg: 'an artifact with this name exists' });
      const blob = randomUUID();
      pending.set(blob, { name: call.data.name });
      return void response.json({ ok: true, signed_upload_url: `${origin()}/artifact-blobs/${blob}?sig=x` });
    }
    const { size, hash } = finalize.parse(request.body);
    const zip = [...pending.values()].find((one) => one.name === call.data.name)?.zip;
    const right = zip && String(zip.length) === size && hash === `sha256:${sha256(zip)}`;
    if (!right) return void response.json({ ok: false });
    artifacts.stored.set(call.data.name, zip);
    response.json({ ok: true, artifact_id: String(artifacts.stored.size) });
  });

  app.put('/artifact-blobs/:id', express.raw({ type: () => true, limit: '10mb' }), (request, response) => {
    const fault = artifacts.faults.get('PUT');
    if (fault === 0) return;
    const blob = pending.get(String(request.params.id));
    const right = blob && request.get('x-ms-blob-type') === 'BlockBlob' && !request.get('authorization');
    if (fault || !right) return void response.status(fault ?? 400).end();
    blob.zip = request.body;
    response.status(201).set('x-ms-request-id', randomUUID()).end();
  });
  return artifacts;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
