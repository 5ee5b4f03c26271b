import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { run } from '../../src/local/parts/process.ts';
import { readRecord } from '../../src/record.ts';
import { buildkitProgram } from '../support/buildkit.ts';
import { type MutualTls, mutualTls, writeServerFiles } from '../support/mutual-tls.ts';
import { type OldStoreMachine, type RunOptions, startOldStoreMachine } from './old-store-machine.ts';

/** A BuildKit daemon elsewhere, reached by TCP, where both sides show a certificate. */
describe('a remote builder', () => {
  const parts = inject('parts');
  let machine: OldStoreMachine;
  let daemon: ChildProcess;
  let tls: MutualTls;
  let endpoint = '';
  let said = '';

  beforeAll(async () => {
    const program = await buildkitProgram(
      'buildkitd',
      join(import.meta.dirname, '..', '..', '.local'),
      (line) => process.stderr.write(`${line}\n`),
    );
    [machine, tls] = await Promise.all([startOldStoreMachine(parts), mutualTls()]);
    const files = await writeServerFiles(tls, join(machine.temp, 'tls'));
    endpoint = `tcp://127.0.0.1:${await freePort()}`;
    daemon = spawn(
      program,
      [
        ['--addr', endpoint, '--root', join(machine.temp, 'buildkit')],
        ['--tlscacert', files.authority, '--tlscert', files.certificate, '--tlskey', files.key],
        ['--containerd-worker=false', '--oci-worker-net=host'],
      ].flat(),
      { env: { ...process.env, PATH: machine.path }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    daemon.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    await vi.waitFor(() => expect(said).toContain('running server on'), { timeout: 20_000 });
  }, 600_000);
  afterAll(async () => {
    const ended = once(daemon, 'exit');
    daemon.kill('SIGTERM');
    await ended;
    await machine.close();
  });

  const remote = (changes: RunOptions = {}): RunOptions => ({
    inputs: { driver: 'remote', endpoint, ...changes.inputs },
    env: {
      BUILDER_NODE_0_AUTH_TLS_CACERT: tls.authority,
      BUILDER_NODE_0_AUTH_TLS_CERT: tls.client.certificate,
      BUILDER_NODE_0_AUTH_TLS_KEY: tls.client.key,
      ...changes.env,
    },
  });
  const builders = async (): Promise<string> =>
    await run(parts.docker.program, ['buildx', 'ls', '--format', '{{.Name}}'], {
      env: { ...process.env, ...parts.docker.env },
    });

  it('builds, pushes and writes the layer cache; nothing of it stays here', async () => {
    const before = await machine.traces();
    const outcome = await machine.main(remote());
    expect(outcome.exitCode, machine.log()).toBe(0);
    expect(machine.log()).toContain('instance using remote driver');
    // A private Engine was not needed.
    expect(outcome.state.engines).toBeUndefined();
    // Only this run's: another one on the same machine has builders of its own.
    expect(await builders()).toContain(outcome.state.builder);
    await machine.post(outcome);
    expect(machine.log()).toContain('Layer cache: written in');
    expect(await builders()).not.toContain(outcome.state.builder);
    expect(await machine.traces()).toEqual(before);
  });

  it('takes its steps from that cache in an Engine, too', async () => {
    const outcome = await machine.main();
    const record = await readRecord(outcome.outputs.record ?? '');
    expect(record.cache, machine.log()).toMatchObject({ kind: 'gha', hits: 3, total: 3 });
    await machine.post(outcome);
  });

  it('is not asked where no input changed', async () => {
    const outcome = await machine.main(remote({ inputs: { rebuild: 'changed' } }));
    expect(outcome.outputs['build-result'], machine.log()).toBe('reused');
    expect(outcome.state.builder).toBeUndefined();
    await machine.post(outcome);
  });

  it('is refused without its certificate, with one line that says what to check', async () => {
    const outcome = await machine.main(
      remote({ env: { BUILDER_NODE_0_AUTH_TLS_CERT: '', BUILDER_NODE_0_AUTH_TLS_KEY: '' } }),
    );
    expect(outcome.exitCode).toBe(1);
    expect(outcome.errors.join('\n')).toMatch(
      /Cannot start a remote builder at tcp:.* Check `endpoint`, `driver-opts` and/,
    );
    await machine.post(outcome);
    expect(outcome.state.builder).toMatch(/^deploy-lambda-container-/);
    expect(await builders()).not.toContain(outcome.state.builder);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
