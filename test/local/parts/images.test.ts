import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureImage, type ImageOptions, presentImage } from '../../../src/local/parts/images.ts';
import { readState, writeState } from '../../../src/local/parts/once.ts';
import { askAgainAt, pullImage } from '../../../src/local/parts/pull.ts';

const hour = 3_600_000;
const refusal = 'dial tcp: lookup registry.example: no such host';

/** A docker that pulls as the file `answer` says (a refusal; empty: it works) and notes its calls. */
const program = (folder: string): string => `#!/bin/sh
cd '${folder}'
echo "$*" >> calls
case "$1 $2" in
  pull\\ *)
    if [ -s answer ]; then cat answer >&2; exit 1; fi
    echo 'Digest: sha256:1'; echo public > id ;;
  'image inspect') cat id ;;
  'save --output') mkdir layout; echo '{}' > layout/index.json; tar -cf "$3" -C layout . ;;
esac
`;

let folder: string;
let engine: Server;
let said: string[];
let made: number;
let options: ImageOptions;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'images-'));
  said = [];
  made = 0;
  await writeFile(join(folder, 'docker'), program(folder));
  await chmod(join(folder, 'docker'), 0o755);
  const socket = join(folder, 'engine.sock');
  engine = createServer((_request, response) => response.end('{}')).listen(socket);
  options = {
    name: 'registry.example/base:1',
    recipe: 'one',
    docker: { program: join(folder, 'docker'), env: {}, private: true },
    socket,
    folder,
    say: (line) => said.push(line),
  };
});
afterEach(async () => {
  engine.close();
  await rm(folder, { recursive: true });
});

const ensure = () =>
  ensureImage(options, async () => {
    made += 1;
    await writeFile(join(folder, 'id'), 'stand-in\n');
  });
const calls = async (): Promise<string[]> =>
  (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');
const pulls = async (): Promise<number> => (await calls()).filter((call) => call.startsWith('pull ')).length;
const answer = (text: string) => writeFile(join(folder, 'answer'), text);
const stateFile = () =>
  join(folder, 'images', `${options.docker.private ? 'private' : 'own'}-registry.example_base_1.json`);

/** As if the given time had passed since docker was asked. */
async function pass(milliseconds: number): Promise<void> {
  const state = (await readState<{ askAgain: number }>(stateFile())) ?? { askAgain: 0 };
  await writeState(stateFile(), { ...state, askAgain: state.askAgain - milliseconds });
}

describe('an image that cannot be pulled', () => {
  it('has a stand-in, and docker is not asked again within the day', async () => {
    await answer(refusal);
    expect(await ensure()).toEqual([]);
    await pass(23 * hour);
    expect(await presentImage(options)).toEqual([]);
    await ensure();
    expect([made, await pulls()]).toEqual([1, 1]);
  });

  it('is asked for again a day later; the stand-in stays where the answer is the same', async () => {
    await answer(refusal);
    await ensure();
    await pass(24 * hour);
    expect(await presentImage(options)).toBeUndefined();
    await ensure();
    expect([made, await pulls()]).toEqual([1, 2]);
    expect(await presentImage(options)).toEqual([]);
  });

  it('is asked for again an hour after what may have been a bad moment', async () => {
    await answer('net/http: TLS handshake timeout');
    await ensure();
    await pass(hour);
    expect(await presentImage(options)).toBeUndefined();
  });

  it('is asked for again where an older version has noted no time', async () => {
    await answer(refusal);
    await ensure();
    await writeState(stateFile(), { way: 'stand-in', recipe: 'one' });
    await ensure();
    expect([made, await pulls()]).toEqual([1, 2]);
  });

  it('gets another stand-in for another recipe without being asked for', async () => {
    await answer(refusal);
    await ensure();
    options = { ...options, recipe: 'two' };
    await ensure();
    expect([made, await pulls()]).toEqual([2, 1]);
  });
});

describe('a stand-in gives way to the image itself', () => {
  beforeEach(() => answer(refusal));

  it('in an Engine of ours: the name is the pulled one, and the former is removed', async () => {
    await ensure();
    await answer('');
    await pass(24 * hour);
    expect(await ensure()).toEqual([]);
    expect(said).toEqual(['Image registry.example/base:1: pulling it (once) ...']);
    expect((await calls()).at(-1)).toBe('image rm stand-in');
    expect(await presentImage(options)).toEqual([]);
    expect(made).toBe(1);
  });

  it("in the machine's Engine: builds no longer take the name from a folder", async () => {
    options = { ...options, docker: { ...options.docker, private: false } };
    const [context = ''] = await ensure();
    const layout = join(folder, 'layouts', 'registry.example_base_1');
    expect(context).toBe(`registry.example/base:1=oci-layout://${layout}:1`);
    expect(await readFile(join(layout, 'index.json'), 'utf8')).toBe('{}\n');
    await answer('');
    await pass(24 * hour);
    expect(await ensure()).toEqual([]);
    await expect(readFile(join(layout, 'index.json'))).rejects.toThrow('ENOENT');
  });
});

describe('a pull', () => {
  it.each([
    ['Error response from daemon: manifest for base:1 not found: manifest unknown', 'refused'],
    ['dial tcp 127.0.0.1:443: connect: connection refused', 'refused'],
    ['toomanyrequests: You have reached your pull rate limit.', 'unclear'],
    ['received unexpected HTTP status: 503 Service Unavailable', 'unclear'],
  ])('that ends with %j is %s', async (text, result) => {
    await answer(text);
    expect(await pullImage(options.docker, options.name, options.say)).toBe(result);
  });

  it('that stays silent is ended, and unclear', async () => {
    await writeFile(options.docker.program, '#!/bin/sh\nexec sleep 60\n');
    const limits = { begins: 100, ends: 60_000 };
    expect(await pullImage(options.docker, options.name, options.say, limits)).toBe('unclear');
  });

  it('is asked for later after a clear answer than after an unclear one', () => {
    expect([askAgainAt('refused', 1), askAgainAt('unclear', 1)]).toEqual([24 * hour + 1, hour + 1]);
  });
});
