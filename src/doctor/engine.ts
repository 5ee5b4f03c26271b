import type { EngineFacts } from '../docker/builder.ts';
import type { Environment } from '../github/inputs.ts';
import type { Finding } from '../record.ts';

/** The first Engine whose BuildKit takes version 2 of GitHub's cache service. */
const oldestEngine = 28;

/**
 * What the machine's Docker lacks for these builds.
 * @param engine what it says of itself; undefined where none answers
 * @param env DOCKER_BUILDKIT
 */
export function engineFindings(engine: EngineFacts | undefined, env: Environment): Finding[] {
  const finding = (rule: string, level: Finding['level'], why: string, instead: string): Finding => ({
    ...{ rule, level, why, instead },
    file: '',
    line: 0,
  });
  const off =
    env.DOCKER_BUILDKIT === '0'
      ? [
          finding(
            'buildkit-off',
            'warning',
            'DOCKER_BUILDKIT=0 turns BuildKit off for `docker build`: no cache mounts, no secrets, one step after the other.',
            'Unset the variable.',
          ),
        ]
      : [];
  if (!engine)
    return [
      ...off,
      finding(
        'docker-missing',
        'warning',
        'No Docker Engine answers on this machine.',
        'Start Docker; only a build needs it.',
      ),
    ];
  const major = Number(/^(\d+)\./.exec(engine.version)?.[1]);
  if (!(major < oldestEngine)) return off;
  return [
    ...off,
    finding(
      'docker-too-old',
      'warning',
      `Docker Engine ${engine.version} is older than ${oldestEngine}: its BuildKit does not know GitHub's cache service of today.`,
      `Install Docker Engine ${oldestEngine} or newer.`,
    ),
  ];
}
