import { existsSync, readFileSync } from 'node:fs';
import { DeployError } from '../../errors.ts';
import { run, tryRun } from './process.ts';

/**
 * The network of a private Engine: a bridge of its own, and forwarding rules for its addresses alone. The Engine
 * itself is started without rules of its own, because a second Engine on a machine flushes the first one's.
 */
export interface EngineNetwork {
  /** Name of the bridge, at most 15 characters. */
  bridge: string;
  /** The second byte of the addresses: 30 stands for 172.30.0.0/16. */
  pool: number;
}

const POOLS = [30, 29, 28, 27, 26, 25, 24, 23, 22];

/** The addresses of all containers of the Engine, as CIDR. */
export function poolOf(network: EngineNetwork): string {
  return `172.${network.pool}.0.0/16`;
}

/**
 * Chooses addresses that no route of this machine covers.
 * @param routes the text of /proc/net/route
 * @param preferred the ones used before
 * @throws DeployError where all are taken
 */
export function freePool(routes: string, preferred?: number): number {
  const taken = routes
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const fields = line.split('\t');
      const [, destination, , , , , , mask] = fields;
      return destination && mask
        ? [{ destination: littleEndian(destination), mask: littleEndian(mask) }]
        : [];
    })
    .filter(({ mask }) => mask !== 0);
  const free = [preferred ?? [], POOLS].flat().find((pool) => {
    const address = ((172 << 24) | (pool << 16)) >>> 0;
    return taken.every(({ destination, mask }) => {
      const wider = (mask & 0xffff0000) >>> 0;
      return (address & wider) >>> 0 !== (destination & wider) >>> 0;
    });
  });
  if (free === undefined)
    throw new DeployError(
      'The private Docker Engine finds no free addresses: this machine routes all of 172.22.0.0 to 172.30.255.255.',
      'Install Docker Engine 28 or newer (https://docs.docker.com/engine/install/), which can be told others.',
    );
  return free;
}

function littleEndian(hex: string): number {
  return Buffer.from(hex, 'hex').readUInt32LE(0);
}

/**
 * The largest packet, in bytes, that the machine's way out takes; containers must not send larger ones.
 * @param routes the text of /proc/net/route
 */
export function outgoingMtu(routes: string): number {
  const line = routes.split('\n').find((text) => text.split('\t')[1] === '00000000');
  const file = `/sys/class/net/${line?.split('\t')[0]}/mtu`;
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 1500;
}

/** The arguments of iptables, but for `-A`, `-C` or `-D`, that let the containers out and their answers in. */
export function forwardingRules(network: EngineNetwork): string[][] {
  const pool = poolOf(network);
  return [
    ['nat', 'POSTROUTING', '-s', pool, '!', '-d', pool, '-j', 'MASQUERADE'],
    ['filter', 'FORWARD', '-s', pool, '-j', 'ACCEPT'],
    ['filter', 'FORWARD', '-d', pool, '-j', 'ACCEPT'],
  ];
}

/**
 * Makes bridge and rules where they are missing: after the first start, and after the machine's restart.
 * @throws DeployError where the kernel or the rights do not allow it
 */
export async function openNetwork(network: EngineNetwork, env: NodeJS.ProcessEnv): Promise<void> {
  const options = {
    env,
    what: `Network of the private Docker Engine (bridge ${network.bridge})`,
    hint: 'It needs root and a kernel with bridges and NAT; else install Docker Engine 28 or newer yourself: https://docs.docker.com/engine/install/',
  };
  if (!existingNetwork(network)) {
    await run('ip', ['link', 'add', network.bridge, 'type', 'bridge'], options);
    await run('ip', ['address', 'add', `172.${network.pool}.0.1/24`, 'dev', network.bridge], options);
  }
  await run('ip', ['link', 'set', network.bridge, 'up'], options);
  for (const [table = '', chain = '', ...rule] of forwardingRules(network)) {
    const { code } = await tryRun('iptables', ['-w', '-t', table, '-C', chain, ...rule], { env });
    // In front: another Engine's rules, or a firewall's, may end in a refusal.
    if (code !== 0) await run('iptables', ['-w', '-t', table, '-I', chain, ...rule], options);
  }
}

/** The network where its bridge is still there; its own route then makes its addresses look taken. */
export function existingNetwork(network: EngineNetwork | undefined): EngineNetwork | undefined {
  return network && existsSync(`/sys/class/net/${network.bridge}`) ? network : undefined;
}

/** Removes what `openNetwork` made; what is already gone is fine. */
export async function closeNetwork(network: EngineNetwork, env: NodeJS.ProcessEnv): Promise<void> {
  for (const [table = '', chain = '', ...rule] of forwardingRules(network))
    await tryRun('iptables', ['-w', '-t', table, '-D', chain, ...rule], { env });
  await tryRun('ip', ['link', 'delete', network.bridge], { env });
}
