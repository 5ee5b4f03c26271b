// Starts a script of this project on Node 24 (the version that GitHub runs actions with), whatever Node >= 20
// called it, after installing the packages of package-lock.json where that is still to be done.
// Plain JavaScript with no imports but Node's own: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runs a program with this terminal; ends this process with its exit code where it fails. */
function run(program, args, options = {}) {
  const { status, error, signal } = spawnSync(program, args, { cwd: root, stdio: 'inherit', ...options });
  if (error) {
    process.stderr.write(`Cannot run ${program}: ${error.message}\n`);
    process.exit(1);
  }
  if (status !== 0 || signal) process.exit(status ?? 1);
}

/** `npm ci`, once for each package-lock.json. */
function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.installed-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  process.stderr.write('Installing the npm packages of package-lock.json (once) ...\n');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm?.endsWith('.js')) run(process.execPath, [npm, ...args]);
  else run('npm', args);
  writeFileSync(stamp, lock);
}

/** The path of a Node 24: the one among our packages, else the running one where it is new enough. */
function node24() {
  const packaged = join(root, 'node_modules', `node-${platform()}-${arch()}`, 'bin', 'node');
  if (existsSync(packaged)) return packaged;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  process.stderr.write(
    `Node ${process.versions.node} runs here and npm has no Node 24 for ${platform()}-${arch()}: install Node 24 or newer and run this again.\n`,
  );
  process.exit(1);
}

installPackages();
const node = node24();
run(node, process.argv.slice(2), {
  env: {
    ...process.env,
    PATH: `${dirname(node)}:${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}`,
  },
});
