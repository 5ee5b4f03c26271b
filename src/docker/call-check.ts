import type { Finding } from '../record.ts';
import { type Docker, runDocker } from './command.ts';
import { lintFinding } from './lint-findings.ts';

/** A warning of `docker buildx build --call=check,format=json`. Every field may be missing in another version. */
interface CheckWarning {
  ruleName?: string;
  description?: string;
  detail?: string;
  url?: string;
  location?: { ranges?: { start?: { line?: number } }[] };
}

export interface CheckRequest {
  /** '' means the current builder. */
  builder: string;
  context: string;
  file: string;
  target: string;
  /** `NAME=value` */
  buildArgs: readonly string[];
  /** Shown in the findings. */
  shownFile: string;
}

/**
 * Docker's own checks of a Dockerfile; it runs nothing of it, but looks the base images up.
 * @returns empty where Buildx is too old to check, or does not answer within `timeout` milliseconds
 */
export async function callCheck(docker: Docker, request: CheckRequest, timeout: number): Promise<Finding[]> {
  const given = (option: string, value: string): string[] => (value === '' ? [] : [option, value]);
  const args = [
    ...['buildx', 'build', '--call=check,format=json', '--progress', 'quiet'],
    ...given('--builder', request.builder),
    ...given('--file', request.file),
    ...given('--target', request.target),
    ...request.buildArgs.flatMap((value) => ['--build-arg', value]),
    request.context,
  ];
  try {
    return checkFindings((await runDocker(docker, args, { timeout })).stdout, request.shownFile);
  } catch {
    return [];
  }
}

/**
 * The findings in what `--call=check,format=json` prints; text that is not that gives none.
 * Source: github.com/moby/buildkit, frontend/subrequests/lint.
 */
export function checkFindings(text: string, file: string): Finding[] {
  try {
    const { warnings } = JSON.parse(text) as { warnings?: unknown };
    if (!Array.isArray(warnings)) return [];
    return (warnings as (CheckWarning | null)[]).flatMap((warning) => {
      const { ruleName, detail, description, url, location } = warning ?? {};
      const line = location?.ranges?.[0]?.start?.line;
      return lintFinding({ rule: ruleName, detail: detail || description, url, line }, file);
    });
  } catch {
    return [];
  }
}
