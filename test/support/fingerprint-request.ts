import type { FingerprintRequest } from '../../src/build/fingerprint.ts';

/** The plainest build of a folder: its own Dockerfile, no arguments, and images that nobody can name. */
export function plainRequest(context: string, changes: Partial<FingerprintRequest> = {}): FingerprintRequest {
  return {
    context,
    file: '',
    target: '',
    platform: 'linux/amd64',
    buildArgs: [],
    buildContexts: [],
    labels: [],
    secrets: false,
    ssh: false,
    noCache: false,
    pull: false,
    env: {},
    identify: async () => new Map(),
    ...changes,
  };
}
