import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeployError } from '../errors.ts';
import { runProgram } from './command.ts';
import { pings } from './engine-api.ts';
import type { EnginePrograms } from './engine-programs.ts';

/** How long the Engine may take to answer; it needs some 0.2 s. */
const startLimit = 15_000;
/** Linux keeps a socket's path in so many bytes; containerd adds up to 30 to the folder's. */
const socketPathLimit = 107 - 30;

/**
 * A folder for a private Engine: in the job's temporary folder, where a socket's path may be that long.
 * @param runnerTemp RUNNER_TEMP
 * @param id unique in this machine; part of the name of the Engine's bridge, so at most 8 characters
 */
export function engineFolder(runnerTemp: string, id: string): string {
  const near = join(runnerTemp, `engine-${id}`);
  return near.length <= socketPathLimit ? near : join(tmpdir(), `engine-${id}`);
}

/** DOCKER_HOST of the Engine in a folder. */
export function engineHost(folder: string): string {
  return `unix://${join(folder, 'docker.sock')}`;
}

/** The bridge of the Engine in a folder. */
export function engineBridge(folder: string): string {
  return `dlc-${basename(folder)
    .replace(/^engine-/, '')
    .slice(0, 8)}`;
}

/**
 * Starts an Engine of the machine's own binaries beside the machine's Engine: with containerd's image store, so that
 * its BuildKit takes remote caches, and with nothing of its own outside of `folder` but a bridge. It has a containerd
 * of its own, since one that is shared would keep what was built. It adds no rule to the firewall, so RUN needs the
 * machine's network (`--network host`).
 *
 * The bridge is there because `--bridge none` would delete the machine's docker0, and it is given an address that is
 * routed nowhere (RFC 2544), lest the Engine take one that the machine's Engine wants.
 * @param folder from `engineFolder`; must not exist yet. `stopEngine` removes it, also after a failed start
 * @throws DeployError with the end of the log where it does not answer
 */
export async function startEngine(folder: string, programs: EnginePrograms): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  await chmod(folder, 0o700);
  const at = (name: string): string => join(folder, name);
  await Promise.all([
    readFile('/etc/docker/daemon.json', 'utf8')
      .catch(() => '{}')
      .then((text) => writeFile(at('daemon.json'), engineConfig(text))),
    writeFile(at('containerd.toml'), containerdConfig(folder)),
    makeBridge(folder, programs),
  ]);
  startDaemon(programs, [programs.containerd, '--config', at('containerd.toml')], at('containerd.log'));
  const dockerd = startDaemon(programs, dockerdArguments(folder, programs), at('dockerd.log'));
  for (const end = Date.now() + startLimit; Date.now() < end; await sleep(20)) {
    if (await pings(at('docker.sock'), 1_000)) return;
    if (dockerd.exitCode !== null || dockerd.signalCode !== null) break;
  }
  const log = await readFile(at('dockerd.log'), 'utf8').catch(() => '');
  throw new DeployError(`A private Docker Engine does not start: ${log.trim().split('\n').pop() ?? ''}.`);
}

/**
 * What a private Engine takes over from the machine's configuration: where images come from, and how to get there.
 * @param text the machine's daemon.json
 */
export function engineConfig(text: string): string {
  const kept = ['registry-mirrors', 'insecure-registries', 'proxies'];
  try {
    const config = JSON.parse(text) as Record<string, unknown>;
    return JSON.stringify(
      Object.fromEntries(kept.flatMap((key) => (key in config ? [[key, config[key]]] : []))),
    );
  } catch {
    return '{}';
  }
}

/** Without the plugin of Kubernetes, which is slow to load and not needed. */
function containerdConfig(folder: string): string {
  const path = (name: string): string => JSON.stringify(join(folder, name));
  return [
    'version = 2',
    `root = ${path('containerd')}`,
    `state = ${path('run-containerd')}`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
    '[grpc]',
    `  address = ${path('containerd.sock')}`,
    '[ttrpc]',
    `  address = ${path('containerd.sock.ttrpc')}`,
    '',
  ].join('\n');
}

function dockerdArguments(folder: string, { dockerd }: EnginePrograms): string[] {
  const at = (name: string): string => join(folder, name);
  return [
    dockerd,
    ['--config-file', at('daemon.json')],
    ['--data-root', at('data')],
    ['--exec-root', at('run')],
    ['--pidfile', at('docker.pid')],
    ['--host', engineHost(folder)],
    // The socket is for who runs the job, who need not be root.
    ['--group', String(process.getgid?.() ?? 0)],
    ['--feature', 'containerd-snapshotter=true'],
    ['--containerd', at('containerd.sock')],
    ['--bridge', engineBridge(folder)],
    ['--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],
  ].flat();
}

async function makeBridge(folder: string, { ip, asRoot, env }: EnginePrograms): Promise<void> {
  const bridge = engineBridge(folder);
  const address = `198.${randomInt(18, 20)}.${randomInt(0, 256)}.${4 * randomInt(0, 64) + 1}/30`;
  for (const args of [
    ['link', 'add', bridge, 'type', 'bridge'],
    ['address', 'add', address, 'dev', bridge],
  ]) {
    const { code, stderr } = await runProgram([...asRoot, ip, ...args], env, { timeout: 10_000 });
    if (code !== 0)
      throw new DeployError(`A private Docker Engine gets no bridge: ${stderr.trim().split('\n').pop()}.`);
  }
}

/** It outlives this process; its output goes to a file. `env` hands its PATH over, which sudo resets. */
function startDaemon({ asRoot, env }: EnginePrograms, command: string[], log: string): ChildProcess {
  const kept = ['PATH', 'LD_LIBRARY_PATH', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'SSL_CERT_FILE'];
  const variables = kept.flatMap((name) => (env[name] ? [`${name}=${env[name]}`] : []));
  const [program = '', ...args] = asRoot.length > 0 ? [...asRoot, 'env', ...variables, ...command] : command;
  const output = openSync(log, 'a', 0o600);
  const child = spawn(program, args, { env, detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  // Its failure shows in the log, and as an Engine that does not answer.
  child.on('error', () => {});
  child.unref();
  return child;
}
