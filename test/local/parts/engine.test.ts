import { describe, expect, it } from 'vitest';
import { mountPoints } from '../../../src/docker/mounts.ts';
import { engineProblem } from '../../../src/local/parts/engine.ts';
import { layoutContext, standInName } from '../../../src/local/parts/images.ts';
import { forwardingRules, freePool, outgoingMtu } from '../../../src/local/parts/network.ts';

const HEAD = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT';
/** One line of /proc/net/route; addresses as the kernel prints them, in little-endian hex. */
const route = (destination: string, mask: string) =>
  `eth0\t${destination}\t0\t0001\t0\t0\t0\t${mask}\t0\t0\t0`;

describe("the private Engine's addresses", () => {
  it('are the first pool where only a default route is known', () => {
    expect(freePool([HEAD, route('00000000', '00000000'), ''].join('\n'))).toBe(30);
  });

  it('stay what they were, unless those are taken meanwhile', () => {
    const routes = [HEAD, route('00001DAC', '0000FFFF')].join('\n');
    expect(freePool(routes, 25)).toBe(25);
    expect(freePool(routes, 29)).toBe(30);
  });

  it('avoid a narrower route inside a pool and a wider one around it', () => {
    // 172.30.5.0/24, and 172.28.0.0/15, which holds 172.29.0.0/16 too.
    const routes = [HEAD, route('00051EAC', '00FFFFFF'), route('00001CAC', '0000FEFF')].join('\n');
    expect(freePool(routes)).toBe(27);
  });

  it('are refused where 172.16.0.0/12 is routed elsewhere', () => {
    expect(() => freePool([HEAD, route('000010AC', '0000F0FF')].join('\n'))).toThrow(/no free addresses/);
  });

  it('are let out and back in, and nothing else is', () => {
    const rules = forwardingRules({ bridge: 'b', pool: 27 });
    expect(rules.map((rule) => rule.slice(0, 2).join(' '))).toEqual([
      'nat POSTROUTING',
      'filter FORWARD',
      'filter FORWARD',
    ]);
    for (const rule of rules) expect(rule).toContain('172.27.0.0/16');
  });

  it('fall back to the usual packet size where there is no way out', () => {
    expect(outgoingMtu(HEAD)).toBe(1500);
  });
});

describe('an Engine of the machine', () => {
  it('is used from version 28 with Buildx', () => {
    expect(engineProblem('28.0.1', true)).toBe('');
    expect(engineProblem('29.1.0', true)).toBe('');
  });

  it('is refused for its age, its missing Buildx or its absence, each by name', () => {
    expect(engineProblem('27.5.1', true)).toMatch(/27\.5\.1; 28 or newer/);
    expect(engineProblem('20.10.24+dfsg1', true)).toMatch(/20\.10\.24/);
    expect(engineProblem('', true)).toMatch(/28 or newer/);
    expect(engineProblem('28.5.2', false)).toMatch(/no Buildx/);
    expect(engineProblem(undefined, true)).toMatch(/^No Docker Engine/);
  });
});

describe('a stand-in', () => {
  it('has the public name only in an Engine of ours', () => {
    expect(standInName('node:24-bookworm-slim', true)).toBe('node:24-bookworm-slim');
    expect(standInName('node:24-bookworm-slim', false)).toBe(
      'deploy-lambda-container.local/node:24-bookworm-slim',
    );
  });

  it('is named for BuildKit with its tag, also behind a registry with a port', () => {
    expect(layoutContext('host:5000/a/b:1.0.0', '/x')).toBe('host:5000/a/b:1.0.0=oci-layout:///x:1.0.0');
  });
});

describe('mounts that a killed Engine left', () => {
  const line = (path: string) => `64 27 254:0 / ${path} rw,relatime shared:4 - ext4 /dev/vda rw`;

  it('are found at and below its folders only, the last first, blanks decoded', () => {
    const info = [line('/a\\040b'), line('/a\\040b/run/x'), line('/a\\040bc'), line('/')].join('\n');
    expect(mountPoints(info, ['/a b'])).toEqual(['/a b/run/x', '/a b']);
  });
});
