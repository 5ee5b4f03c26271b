import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { CacheMount } from '../../docker/cache-mounts.ts';
import { flagValues } from '../../docker/dockerfile-lines.ts';
import {
  chainOf,
  mountOptions,
  neededStages,
  readStages,
  type Stage,
} from '../../docker/dockerfile-stages.ts';
import { runInputs } from './inputs.ts';

export interface CacheMountsOptions {
  /** Stage; '' means the last. */
  target: string;
  platform: string;
  buildArgs: Readonly<Record<string, string>>;
  /** Names this image's cache among those of the repository, as for the layer cache. */
  scope: string;
}

/** A RUN that uses cache mounts. */
export interface MountRun {
  /** Names it from build to build: 12 hex digits over stage and command. */
  id: string;
  /** As BuildKit shows it in `[STAGE 2/5]`; '' where the file has one stage without name. */
  stage: string;
  /** The command as BuildKit shows it, white space as single blanks. */
  command: string;
  /** Instructions that its layer depends on, with the values of their arguments. */
  instructions: string[];
  /** Sources in the context, as COPY, ADD and bind mounts name them: its lockfiles, as a rule. */
  sources: string[];
}

export interface CacheMountsPlan {
  /** Each once; several RUNs may share one. */
  mounts: CacheMount[];
  runs: MountRun[];
  /** What every key starts with. */
  keyPrefix: string;
  /** One sentence for each mount that cannot be kept. */
  notes: string[];
}

/**
 * Finds the cache mounts of the stages that a build needs, and what the RUNs that use them depend on.
 * Source: github.com/moby/buildkit, frontend/dockerfile (dockerfile2llb/convert_runmount.go): a mount's identity is
 * its `id`, by default the cleaned target as written, together with uid, gid and mode.
 */
export function planCacheMounts(dockerfileText: string, options: CacheMountsOptions): CacheMountsPlan {
  const { globals, stages, escape: escapeCharacter } = readStages(dockerfileText);
  const mounts = new Map<string, CacheMount>();
  const runs = new Map<string, MountRun>();
  const notes: string[] = [];
  for (const stage of neededStages(stages, options.target)) {
    const chain = chainOf(stages, stage);
    const base = chain[0] ?? stage;
    for (const [at, { name, rest }] of stage.instructions.entries()) {
      if (name !== 'RUN') continue;
      const found = keptMounts(rest, base, notes);
      if (found.length === 0) continue;
      const prelude = variables(chain, at);
      for (const mount of found) {
        const read = readMount(mount, base, {
          globals: globals.map(written),
          prelude,
          escape: escapeCharacter,
        });
        const key = identity(read, stage);
        if (!mounts.has(key)) mounts.set(key, read);
      }
      const run = runOf(stages, stage, at, options);
      runs.set(run.id, run);
    }
  }
  return {
    mounts: [...mounts.values()],
    runs: [...runs.values()],
    keyPrefix: `cache-mounts-1-${options.scope.replaceAll(/[^\w./-]+/g, '-')}-`,
    notes: [...new Set(notes)],
  };
}

function keptMounts(rest: string, base: Stage, notes: string[]): Map<string, string>[] {
  return flagValues(rest, 'mount')
    .map(mountOptions)
    .filter((mount) => {
      const problem = mount.get('type') === 'cache' ? obstacle(mount, base) : '';
      if (problem !== '') notes.push(problem);
      return mount.get('type') === 'cache' && problem === '';
    });
}

const written = ({ name, rest }: { name: string; rest: string }): string => `${name} ${rest}`;

/** What a variable comes to may differ from stage to stage. */
function identity({ attributes }: CacheMount, { index }: Stage): string {
  return JSON.stringify([attributes, attributes.some((one) => one.includes('$')) ? index : -1]);
}

/** ARG and ENV before an instruction: what a `$NAME` in a mount may stand for. */
function variables(chain: readonly Stage[], before: number): string[] {
  return chain
    .flatMap(({ instructions }, level) =>
      level === chain.length - 1 ? instructions.slice(0, before) : instructions,
    )
    .filter(({ name }) => name === 'ARG' || name === 'ENV')
    .map(written);
}

function target(mount: ReadonlyMap<string, string>): string {
  return mount.get('target') ?? mount.get('dst') ?? mount.get('destination') ?? '';
}

function obstacle(mount: ReadonlyMap<string, string>, base: Stage): string {
  const name = JSON.stringify(mount.get('id') ?? target(mount));
  if (mount.has('from')) return `Cache mount ${name} starts from another image and is not kept.`;
  if (mount.has('readonly') || mount.has('ro')) return `Cache mount ${name} is read-only and is not kept.`;
  if (base.from.toLowerCase() === 'scratch')
    return `Cache mount ${name} is used on an empty base image, where nothing can move its content.`;
  return target(mount) === '' ? `Cache mount ${name} has no target.` : '';
}

function readMount(
  mount: ReadonlyMap<string, string>,
  base: Stage,
  around: { globals: string[]; prelude: string[]; escape: string },
): CacheMount {
  const id = mount.get('id') || posix.normalize(target(mount)).replace(/(.)\/$/, '$1');
  const kept = ['sharing', 'uid', 'gid', 'mode'].flatMap((name) => {
    const value = mount.get(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  return {
    id,
    target: target(mount),
    attributes: [`id=${id}`, ...kept],
    base: base.from,
    basePlatform: base.platform,
    ...around,
  };
}

function runOf(stages: readonly Stage[], stage: Stage, at: number, options: CacheMountsOptions): MountRun {
  const command = (stage.instructions[at]?.rest ?? '').replaceAll(/\s+/g, ' ').trim();
  const label = stage.name || (stages.length > 1 ? `stage-${stage.index}` : '');
  const { instructions, sources } = runInputs(stages, stage, at);
  const used = instructions.flatMap((text) => /^ARG\s+(\w+)/.exec(text)?.[1] ?? []);
  const values = used.map((name) => `${name}=${options.buildArgs[name] ?? ''}`);
  return {
    id: createHash('sha256')
      .update(JSON.stringify([label, command]))
      .digest('hex')
      .slice(0, 12),
    stage: label,
    command,
    instructions: [options.platform, ...instructions, ...values],
    sources,
  };
}
