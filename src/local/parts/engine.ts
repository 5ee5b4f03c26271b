import { DeployError } from '../../errors.ts';
import { type DockerCommand, runningEngine, startEngine } from './private-engine.ts';
import { tryRun } from './process.ts';

/** The oldest Engine whose own BuildKit takes GitHub's cache. */
const OLDEST_ENGINE = 28;

/** An Engine, with its socket where it is a private one. */
export type Engine = DockerCommand & { socket?: string };

/**
 * The Engine of this machine: the private one where it runs already, the user's own where it is new enough and has
 * Buildx, else a private one that is started now.
 * @param folder the ignored folder of the local mode
 * @throws DeployError where there is none and none can be had
 */
export async function ensureEngine(folder: string, say: (line: string) => void): Promise<Engine> {
  const running = await runningEngine({ folder });
  if (running) return running;
  const own: DockerCommand = { program: 'docker', env: {}, private: false };
  const [engine, buildx] = await Promise.all([
    tryRun('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 10_000 }),
    tryRun('docker', ['buildx', 'version'], { timeout: 10_000 }),
  ]);
  const version = engine.code === 0 ? engine.stdout.trim() : '';
  if (Number.parseInt(version, 10) >= OLDEST_ENGINE && buildx.code === 0) return own;
  say(`Docker Engine: ${whyNot(version, buildx.code === 0)}; starting a private one in .local ...`);
  try {
    return await startEngine({ folder, say });
  } catch (cause) {
    if (version !== '' && cause instanceof DeployError)
      throw new DeployError(
        `The Docker Engine here cannot be used (${whyNot(version, buildx.code === 0)}), and no private one can be had: ${cause.message}`,
        cause.hint,
        { cause },
      );
    throw cause;
  }
}

function whyNot(version: string, hasBuildx: boolean): string {
  if (version === '') return 'none runs here';
  if (Number.parseInt(version, 10) < OLDEST_ENGINE)
    return `version ${version} is older than ${OLDEST_ENGINE}`;
  return hasBuildx ? 'it cannot be used' : 'it has no Buildx';
}
