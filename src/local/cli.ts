import { isAbsolute, join, resolve } from 'node:path';
import { describeError } from '../errors.ts';
import { readArguments, usage } from './arguments.ts';
import { deployLocally } from './deploy.ts';
import { invokeUrl, showLogs } from './inspect.ts';
import { stopParts } from './parts/index.ts';
import { stopServer } from './server-process.ts';

/** The ignored folder that holds everything the local mode downloads, starts and remembers. */
const root = join(import.meta.dirname, '..', '..');
const folder = join(root, '.local');
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const command = readArguments(process.argv.slice(2));
  switch (command.name) {
    case 'help':
      return print(usage);
    case 'deploy': {
      // npm changes into the project; a relative path is meant from where the user stands.
      const from = process.env.INIT_CWD ?? process.cwd();
      const context = isAbsolute(command.context)
        ? command.context
        : resolve(command.context === 'example-api' ? root : from, command.context);
      process.exitCode = await deployLocally({ ...command, context }, { root, folder, print });
      return;
    }
    case 'doctor': {
      const from = process.env.INIT_CWD ?? process.cwd();
      const context = resolve(command.context === 'example-api' ? root : from, command.context);
      const file = command.file === '' ? '' : resolve(from, command.file);
      // Loaded where it is used: the other commands have no need of it.
      const { runDoctor } = await import('../doctor/cli.ts');
      const platform = process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64';
      const source = { ...command, context, file, platform, workspace: from };
      process.exitCode = await runDoctor(source, process.env, print);
      return;
    }
    case 'logs':
      return showLogs(folder, command.functionName, print);
    case 'invoke':
      process.exitCode = await invokeUrl(folder, command.functionName, command.path, print);
      return;
    case 'down': {
      const server = await stopServer(folder, print);
      const parts = await stopParts(folder, print);
      return print(
        server || parts ? 'Stopped. Images, caches and functions are kept in .local/.' : 'Nothing runs.',
      );
    }
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`Error: ${describeError(error)}\n`);
  if (process.env.DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
}
process.exit();
