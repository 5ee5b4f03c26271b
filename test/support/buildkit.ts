import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { goCommand } from '../../src/local/parts/index.ts';
import { madeOnce } from '../../src/local/parts/once.ts';
import { run } from '../../src/local/parts/process.ts';

const MODULE = 'github.com/moby/buildkit';
const VERSION = 'v0.34.2';

/**
 * A program of BuildKit, built from its module's source at the first call (the daemon takes one to three minutes).
 * `go install` refuses it for the `exclude` lines in its go.mod, so the source is copied and built in place.
 * @param folder the ignored folder with everything that is not in package-lock.json
 * @returns path of the program
 * @throws DeployError where there is no Go, or the Go module proxy cannot be reached
 */
export async function buildkitProgram(
  name: 'buildkitd' | 'buildctl',
  folder: string,
  say: (line: string) => void,
): Promise<string> {
  const target = join(folder, 'tools', name);
  await madeOnce(target, `1 ${MODULE}@${VERSION}`, async (draft) => {
    say(`${name}: go build ${MODULE}@${VERSION} (once, one to three minutes) ...`);
    const go = await goCommand(folder, say);
    const options = {
      env: { ...go.env, CGO_ENABLED: '0' },
      what: `Build ${name} from the Go module proxy`,
      hint: 'Check that this machine reaches the Go module proxy (go env GOPROXY).',
    };
    const module = JSON.parse(
      await run(go.program, ['mod', 'download', '-json', `${MODULE}@${VERSION}`], options),
    ) as { Dir: string };
    const source = join(draft, 'source');
    // The module cache is read-only, and so would the copy be; go only reads it.
    await cp(module.Dir, source, { recursive: true });
    await run('chmod', ['-R', 'u+w', source], options);
    const flags = ['-ldflags', `-s -w -X ${MODULE}/version.Version=${VERSION}`, '-o', join(draft, name)];
    await run(go.program, ['build', '-C', source, ...flags, `./cmd/${name}`], options);
    await rm(source, { recursive: true });
  });
  return join(target, name);
}
