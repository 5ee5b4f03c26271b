import type { Restored } from '../../../src/deploy/restore.ts';
import type { Log } from '../../../src/github/log.ts';
import type { Plan, World } from './plan.ts';
import { main, type Options, post, type Reported } from './product.ts';
import type { Scene } from './scene.ts';
import { PlayScript, type Shared } from './script.ts';
import type { Truth } from './truth.ts';

/** What a play came to for one function. */
export interface Played {
  plan: Plan;
  before: Truth;
  reported: Reported;
  /** When main had ended. */
  after: Truth;
  /** What post did; absent where main left it nothing. */
  restored: Restored[] | undefined;
  /** At the very end, with no update under way any more. */
  end: Truth;
  /** What another deployer did meanwhile. */
  others: Set<'alias' | 'code'>;
  /** Images that ECR lost. */
  gone: Set<string>;
  /** The job was cancelled. */
  aborted: boolean;
  /** Requests in order, with the faults that met them. */
  requests: { operation: string; kind: string }[];
  log: string[];
  /** What became of the function that is deployed to with it. */
  partner?: Played;
}

/** Sets the world up, deploys under the plan's faults, runs post, and looks. */
export async function play(scene: Scene, name: string, plan: Plan): Promise<Played> {
  const { world } = plan;
  const lines: string[] = [];
  const shared: Shared = { repository: name, cancel: new AbortController(), gone: new Set() };
  const partner = partnerPlan(plan);
  const scripts = [
    new PlayScript(scene, name, plan, shared),
    ...(partner ? [new PlayScript(scene, `${name}-partner`, partner, shared)] : []),
  ];
  const each = async <T>(work: (script: PlayScript, at: number) => Promise<T>): Promise<T[]> =>
    await Promise.all(scripts.map(work));
  const phase = (now: PlayScript['phase']): void => {
    for (const script of scripts) script.phase = now;
  };
  const withAlias = world.alias !== 'none';
  const truths = (): Promise<Truth[]> => each((script) => scene.truth(script.name, name, withAlias));
  scene.images(name);
  await each((script) => prepare(scene, script));
  const before = await truths();
  phase('main');
  const uri = scene.uri(name, 'new');
  const target = { uri, digest: scene.digest(name, 'new'), architecture: 'amd64' };
  scene.alarms.set(name, 'OK');
  const log = logTo(lines);
  const names = scripts.map((script) => script.name);
  const reports = await main(names, target, optionsFor(scene, name, world, shared.cancel.signal), log);
  phase('post');
  const after = await truths();
  const restored: (Restored[] | undefined)[] = [];
  for (const { points } of reports) restored.push(points.length > 0 ? await post(points, log) : undefined);
  phase('over');
  await each((script) => scene.settled(script.name));
  const end = await truths();
  await each((script) => scene.remove(script.name));
  for (const tag of ['old', 'new', 'theirs']) scene.forget(name, tag);
  scene.alarms.delete(name);
  const { cancel, gone } = shared;
  const played = scripts.flatMap((script, at): Played[] => {
    const [was, reported, then, now] = [before[at], reports[at], after[at], end[at]];
    if (!was || !reported || !then || !now) return [];
    const { others, requests } = script;
    const about = { others, requests, gone, aborted: cancel.signal.aborted, log: lines };
    return [
      { plan: script.plan, before: was, reported, after: then, restored: restored[at], end: now, ...about },
    ];
  });
  const [first, second] = played;
  if (!first) throw new Error('no play');
  return second ? { ...first, partner: second } : first;
}

/** The partner differs in how the image does there, and is there already; nothing of it goes wrong by itself. */
function partnerPlan({ world, partnerFaults = [] }: Plan): Plan | undefined {
  if (world.partner === 'none') return undefined;
  const alias = world.missing && world.alias === 'missing' ? 'there' : world.alias;
  return {
    world: {
      ...world,
      ...{ image: world.partner, partner: 'none', missing: false, alias, url: 'none', latest: 'old' },
      ...{ old: 'healthy', update: 'well', back: 'well', version: 'well' },
    },
    faults: partnerFaults,
  };
}

function optionsFor(scene: Scene, name: string, world: World, signal: AbortSignal): Options {
  const goals = { image: '', previous: 'previous', version: '2' };
  const urls = { none: '', auto: 'auto', own: scene.ownUrl(name), wrong: scene.ownUrl(name) };
  return {
    alias: world.alias === 'none' ? '' : 'live',
    rollback: world.rollback,
    rollbackAll: world.partner !== 'none',
    rollbackTo: goals[world.goal],
    create: world.missing,
    smokeUrl: urls[world.url],
    shift: world.shift,
    alarms: world.alarm === 'none' ? [] : [name],
    signal,
  };
}

/** Version 1 is the other deployer's; version 2 is that to go back to, where it is about that. */
async function prepare(scene: Scene, script: PlayScript): Promise<void> {
  const { name, shared, plan } = script;
  const { alias, latest, goal, missing, url } = plan.world;
  const settle = async (tag: string): Promise<void> => {
    await scene.update(name, scene.uri(shared.repository, tag));
    await scene.settled(name);
  };
  if (missing) return scene.direct(name, script);
  await scene.create(name, shared.repository);
  await scene.publish(name);
  scene.direct(name, script);
  if (goal !== 'image') {
    await settle('new');
    await scene.publish(name);
  }
  await settle('old');
  if (alias === 'there') await scene.moveAlias(name, await scene.publish(name));
  // The other deployer's version has a share already.
  if (alias === 'weighted') await scene.moveAlias(name, await scene.publish(name), { 1: 0.2 });
  if (latest !== 'old') await settle('new');
  if (url === 'auto') await scene.openUrl(name, alias !== 'none');
}

function logTo(lines: string[]): Log {
  return {
    info: (line) => void lines.push(line),
    warning: (line) => void lines.push(`warning: ${line}`),
    debug: () => {},
    group: async (heading, work) => {
      lines.push(heading);
      return await work();
    },
  };
}
