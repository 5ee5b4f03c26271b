import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { debianPackages, hasApt, libraryFolders } from '../../src/local/parts/debian.ts';
import { madeOnce } from '../../src/local/parts/once.ts';

const names = ['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser'];
/** The browser, and a font for what its pages hold beside Latin letters. */
const packages = ['chromium', 'fonts-dejavu-core', 'fonts-noto-color-emoji'];

/**
 * A headless Chromium: the machine's own, else Debian's, unpacked into the ignored folder without touching the system.
 * @param folder `.local`
 * @throws Error where there is none and none can be had
 */
export async function startChromium(folder: string): Promise<Browser> {
  const own = onPath();
  if (own) return await launch(own, process.env);
  if (!hasApt())
    throw new Error(
      `No ${names.join(', ')} on PATH, and no apt to get one: install Chromium, and run again.`,
    );
  const root = await madeOnce(join(folder, 'chromium'), packages.join(' '), (draft) =>
    debianPackages(packages, draft, { suite: 'own', folder, dependencies: 'missing' }),
  );
  const folders = await libraryFolders(root);
  // PulseAudio's libraries lie one deeper, found by an RPATH that holds only where they are installed.
  const libraries = folders.flatMap((found) => [found, join(found, 'pulseaudio')]);
  const env = {
    ...process.env,
    LD_LIBRARY_PATH: libraries.join(delimiter),
    FONTCONFIG_FILE: await fontSettings(root),
  };
  return await launch(join(root, 'usr', 'lib', 'chromium', 'chromium'), env);
}

/** Settings that name the unpacked fonts; the packages' own ones are made when they are installed. */
async function fontSettings(root: string): Promise<string> {
  const file = join(root, 'fonts.conf');
  const folders = [join(root, 'usr', 'share', 'fonts'), '/usr/share/fonts'];
  const dirs = folders.map((folder) => `<dir>${folder}</dir>`).join('');
  const cache = `<cachedir>${join(root, 'font-cache')}</cachedir>`;
  await writeFile(file, `<?xml version="1.0"?>\n<fontconfig>${dirs}${cache}</fontconfig>\n`);
  return file;
}

function onPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((program) => existsSync(program));
}

async function launch(executablePath: string, env: NodeJS.ProcessEnv): Promise<Browser> {
  const variables = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  return await chromium.launch({
    executablePath,
    env: Object.fromEntries(variables),
    // In a container root may not make the sandbox; the pages are our own.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
}
