import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes a `docker` that says of the Engine that it has the old image store, as GitHub's hosted runners start theirs:
 * the Engines here always have containerd's, with which the build action would need no Engine of its own. All other
 * calls go on to the real program. A script, since the action starts whatever `docker` is on PATH.
 * @param folder to put on PATH; made where missing
 */
export async function writeOldStoreDocker(folder: string, docker: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const script = `#!/bin/sh
if [ "$1" = info ]; then
  echo '["28.0.4", [["Backing Filesystem", "extfs"]]]'
else
  exec '${docker}' "$@"
fi
`;
  await writeFile(join(folder, 'docker'), script);
  await chmod(join(folder, 'docker'), 0o755);
}
