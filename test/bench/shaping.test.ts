import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Line, type ShapingProxy, startShapingProxy, trafficBetween } from '../../bench/pipeline/shaping.ts';

const near = { roundTrip: 0, up: 1000, down: 1000 };
const size = 300_000;

describe('Line', () => {
  it('lets a megabyte through in the time that its bandwidth says', () => {
    expect(new Line(10).wait(1_000_000, 0)).toBe(100);
  });

  it('makes who comes later wait for those before', () => {
    const line = new Line(1);
    line.wait(1000, 50);
    expect(line.wait(1000, 50.5)).toBe(1.5);
  });

  it('saves nothing up while nobody sends', () => {
    const line = new Line(1);
    line.wait(1000, 0);
    expect(line.wait(1000, 500)).toBe(1);
  });
});

describe('the shaping proxy', () => {
  let server: Server;
  let target: string;
  let seen: Record<string, unknown> = {};
  beforeAll(async () => {
    server = createServer((incoming, response) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', () => {
        seen = {
          method: incoming.method,
          url: incoming.url,
          login: incoming.headers.authorization,
          body: Buffer.concat(parts).length,
        };
        if (incoming.url === '/json')
          response.writeHead(200, { 'content-type': 'application/json' }).end(`{"url":"${target}/blob"}`);
        else response.writeHead(201, { 'x-id': '7' }).end(Buffer.alloc(size, 1));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  async function withProxy(
    options: Partial<Parameters<typeof startShapingProxy>[0]>,
    work: (proxy: ShapingProxy) => Promise<void>,
  ): Promise<void> {
    const proxy = await startShapingProxy({ target, distance: near, ...options });
    try {
      await work(proxy);
    } finally {
      await proxy.close();
    }
  }

  it('passes everything on and counts it', async () => {
    await withProxy({ headers: { authorization: 'Basic x' } }, async (proxy) => {
      const before = proxy.traffic();
      const response = await fetch(`http://${proxy.host}/v2/blob?a=1`, {
        method: 'PUT',
        body: Buffer.alloc(200_000),
      });
      expect([response.status, response.headers.get('x-id')]).toEqual([201, '7']);
      expect((await response.arrayBuffer()).byteLength).toBe(size);
      expect(seen).toEqual({ method: 'PUT', url: '/v2/blob?a=1', login: 'Basic x', body: 200_000 });
      expect(trafficBetween(before, proxy.traffic())).toEqual({
        ...{ requests: 1, bytesUp: 200_000, bytesDown: size },
      });
    });
  });

  it('answers with its own address where the service names itself', async () => {
    await withProxy({ hideTarget: true }, async (proxy) => {
      const answer = await (await fetch(`http://${proxy.host}/json`)).json();
      expect(answer).toEqual({ url: `http://${proxy.host}/blob` });
    });
  });

  it('is far away: a new connection costs two round trips more than one that is open', async () => {
    const waits: number[] = [];
    const sleep = async (ms: number) => void waits.push(ms);
    await withProxy({ distance: { ...near, roundTrip: 40 }, sleep }, async (proxy) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      await get(`http://${proxy.host}/json`, agent);
      await get(`http://${proxy.host}/json`, agent);
      agent.destroy();
      expect(waits).toEqual([120, 40]);
    });
  });

  it('waits where more comes than its bandwidth lets through', async () => {
    const waits: number[] = [];
    const sleep = async (ms: number) => void waits.push(ms);
    await withProxy({ distance: { ...near, down: 0.001 }, sleep }, async (proxy) => {
      await (await fetch(`http://${proxy.host}/`)).arrayBuffer();
      // A kilobyte a second: minutes for all of it, whatever the machine needs itself.
      expect(waits.at(-1)).toBeGreaterThan(200_000);
    });
  });

  it('says 502 where the service is gone', async () => {
    await withProxy({ target: 'http://127.0.0.1:1' }, async (proxy) => {
      expect((await fetch(`http://${proxy.host}/`)).status).toBe(502);
    });
  });
});

function get(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (response) => response.resume().on('end', () => resolve()))
      .on('error', reject)
      .end();
  });
}
