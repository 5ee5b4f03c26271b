import { join } from 'node:path';
import { containerRuntime } from './aws/container.ts';
import { startLocalAws } from './aws/server.ts';
import { readState, writeState } from './parts/once.ts';
import type { ServerSettings } from './server-process.ts';

/**
 * The process behind the local mode: AWS on this machine, until `npm run local -- down` ends it.
 * Its one argument is the path of its settings, a file because they hold the registry's password.
 */
const path = process.argv[2] ?? '';
const settings = await readState<ServerSettings>(path);
if (!settings) throw new Error(`${path} holds no settings`);

const aws = await startLocalAws({
  stateFolder: settings.stateFolder,
  port: settings.port,
  registry: settings.registry,
  runtime: containerRuntime({
    docker: settings.docker,
    emulator: settings.emulator,
    registry: settings.registry,
    stateFolder: settings.stateFolder,
  }),
  say: (line) => void process.stdout.write(`${new Date().toISOString()} ${line}\n`),
});
await writeState(join(settings.stateFolder, 'endpoint.json'), { pid: process.pid, endpoint: aws.endpoint });

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void aws.close().finally(() => process.exit()));
