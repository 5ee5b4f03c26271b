import { Cancelled } from '../../../src/deploy/cancel.ts';
import type { Restored } from '../../../src/deploy/restore.ts';
import type { Log } from '../../../src/github/log.ts';
import type { Fault } from '../../../src/local/aws/faults.ts';
import { fits, isChange, KINDS } from './kinds.ts';
import type { Plan, World } from './plan.ts';
import { main, post, type Reported } from './product.ts';
import type { Scene, Truth } from './scene.ts';

/** What a play came to. */
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
}

/** Sets the world up, deploys under the plan's faults, runs post, and looks. */
export async function play(scene: Scene, name: string, plan: Plan): Promise<Played> {
  const { world } = plan;
  const script = new Play(scene, name, plan);
  await scene.create(name);
  scene.script(name, script);
  await prepare(scene, name, world);
  const withAlias = world.alias !== 'none';
  const before = await scene.truth(name, withAlias);
  script.phase = 'main';
  const target = { uri: scene.uri(name, 'new'), digest: scene.digest(name, 'new'), architecture: 'amd64' };
  const options = {
    alias: withAlias ? 'live' : '',
    rollback: world.rollback,
    shift: world.shift,
    alarms: world.alarm === 'none' ? [] : [name],
    signal: script.cancel.signal,
  };
  scene.alarms.set(name, 'OK');
  const reported = await main(name, target, options, script.log);
  script.phase = 'post';
  const after = await scene.truth(name, withAlias);
  const restored = reported.points.length > 0 ? await post(reported.points, script.log) : undefined;
  script.phase = 'over';
  await scene.settled(name);
  const end = await scene.truth(name, withAlias);
  await scene.remove(name);
  scene.alarms.delete(name);
  const { others, gone, requests, lines, cancel } = script;
  const { aborted } = cancel.signal;
  return { plan, before, reported, after, restored, end, others, gone, aborted, requests, log: lines };
}

async function prepare(scene: Scene, name: string, { alias, latest }: World): Promise<void> {
  const settle = async (tag: string): Promise<void> => {
    await scene.update(name, tag);
    await scene.settled(name);
  };
  await settle('old');
  if (alias === 'there') await scene.moveAlias(name, await scene.publish(name));
  // Version 1 is the other deployer's; here it has a share already.
  if (alias === 'weighted') await scene.moveAlias(name, await scene.publish(name), { 1: 0.2 });
  if (latest !== 'old') await settle('new');
}

/** What goes wrong, and what happened. */
class Play {
  phase: 'set-up' | 'main' | 'post' | 'over' = 'set-up';
  readonly others = new Set<'alias' | 'code'>();
  readonly gone = new Set<string>();
  readonly requests: { operation: string; kind: string }[] = [];
  readonly lines: string[] = [];
  readonly cancel = new AbortController();
  readonly #scene: Scene;
  readonly #name: string;
  readonly #plan: Plan;
  readonly #counts = new Map<string, number>();
  #changing = false;
  #aliasMoved = false;
  readonly #ended = new Set<string>();

  constructor(scene: Scene, name: string, plan: Plan) {
    this.#scene = scene;
    this.#name = name;
    this.#plan = plan;
  }

  readonly log: Log = {
    info: (line) => void this.lines.push(line),
    warning: (line) => void this.lines.push(`warning: ${line}`),
    debug: () => {},
    group: async (heading, work) => {
      this.lines.push(heading);
      return await work();
    },
  };

  async before(operation: string): Promise<Fault | undefined> {
    if (this.phase !== 'main' && this.phase !== 'post') return undefined;
    const changes = isChange(operation);
    this.#changing ||= changes;
    const found = this.#find(operation);
    this.requests.push({ operation, kind: found ?? '' });
    const kind = found === undefined ? undefined : KINDS[found];
    if (kind?.happens) await this.#happen(kind.happens, operation);
    if (/UpdateAlias|CreateAlias/.test(operation)) {
      this.#aliasMoved = true;
      if (this.#plan.world.alarm === 'rings') this.#scene.alarms.set(this.#name, 'ALARM');
    }
    return kind?.fault;
  }

  #find(operation: string): string | undefined {
    const count = (key: string): number => {
      const next = (this.#counts.get(key) ?? 0) + 1;
      this.#counts.set(key, next);
      return next;
    };
    const [own, any] = [count(operation), count('*')];
    return this.#plan.faults.find((fault) => {
      const kind = KINDS[fault.kind];
      if (!kind || !fits(kind, operation)) return false;
      // What does not pass by itself would leave post nothing that it can do.
      if (this.phase === 'post' && (fault.times === Number.POSITIVE_INFINITY || !kind.passing)) return false;
      const at = fault.operation === '*' ? any : fault.operation === operation ? own : 0;
      return at >= fault.nth && at < fault.nth + fault.times;
    })?.kind;
  }

  async #happen(what: string, operation: string): Promise<void> {
    if (what === 'cancel') {
      this.cancel.abort(new Cancelled('The deploy was cancelled (SIGINT).'));
      return;
    }
    if (what.endsWith('image-deleted')) {
      const tag = what.slice(0, 3);
      this.gone.add(tag);
      this.#scene.forget(this.#name, tag);
      return;
    }
    // Before the first change of ours another deploy is simply what we find. DeleteAlias takes no RevisionId: what
    // comes in the last moment before it cannot be seen.
    if (!this.#changing || operation === 'lambda:DeleteAlias') return;
    if (what === 'other-alias' && this.#plan.world.alias !== 'none' && !this.others.has('alias')) {
      this.others.add('alias');
      await this.#scene.moveAlias(this.#name, '1');
    }
    if (what === 'other-update' && !this.others.has('code')) {
      try {
        await this.#scene.update(this.#name, 'theirs');
        this.others.add('code');
      } catch {
        // Refused while another update is under way.
      }
    }
  }

  update(uri: string): ReturnType<Play['version']> {
    if (this.phase === 'set-up')
      return this.#plan.world.latest === 'failed' && uri.endsWith(this.#scene.digest(this.#name, 'new'))
        ? FAILED
        : undefined;
    for (const [tag, key] of [
      ['new', 'update'],
      ['old', 'back'],
    ] as const)
      if (uri.endsWith(this.#scene.digest(this.#name, tag))) return this.#outcome(key);
    return undefined;
  }

  version(): { failed?: { code: string; reason: string }; ms?: number } | undefined {
    return this.phase === 'main' ? this.#outcome('version') : undefined;
  }

  #outcome(key: 'update' | 'back' | 'version'): ReturnType<Play['version']> {
    const how = this.#plan.world[key];
    if (this.#ended.has(key) || how === 'well') return undefined;
    this.#ended.add(key);
    return how === 'failed' ? FAILED : { ms: 90_000 };
  }

  healthy(tag: string): 'healthy' | 'status' | 'crash' {
    const { old, image } = this.#plan.world;
    if (tag === 'old') return old === 'healthy' ? 'healthy' : 'status';
    if (tag !== 'new') return 'healthy';
    if (image === 'late') return this.#aliasMoved ? 'status' : 'healthy';
    return image;
  }
}

const FAILED = { failed: { code: 'InternalError', reason: 'for a test' } };
