import { delimiter, join } from 'node:path';
import { debianPackages } from '../../src/local/parts/debian.ts';
import { madeOnce } from '../../src/local/parts/once.ts';

/**
 * Puts onto this process's PATH what hosted runners have installed and an Engine makes use of: pigz, with which
 * containerd unpacks layers in two thirds of the time.
 * Source: github.com/actions/runner-images, images/ubuntu/toolsets; github.com/containerd/containerd,
 * pkg/archive/compression.
 * @param folder the project's ignored folder
 * @throws DeployError where Debian's archive cannot be reached
 */
export async function addRunnerTools(folder: string): Promise<void> {
  const target = join(folder, 'bench', 'runner-tools');
  await madeOnce(target, '1 pigz', async (draft) => {
    await debianPackages(['pigz'], draft, { suite: 'own', folder });
  });
  process.env.PATH = [join(target, 'usr', 'bin'), process.env.PATH].join(delimiter);
}
