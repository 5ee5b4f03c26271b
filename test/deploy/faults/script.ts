import { Cancelled } from '../../../src/deploy/cancel.ts';
import type { Fault } from '../../../src/local/aws/faults.ts';
import { fits, isChange, KINDS } from './kinds.ts';
import type { Plan } from './plan.ts';
import type { Scene, Script } from './scene.ts';

/** What the functions of one play have in common. */
export interface Shared {
  repository: string;
  cancel: AbortController;
  /** Images that ECR lost. */
  gone: Set<string>;
}

/** What goes wrong with one function, and what happened. */
export class PlayScript implements Script {
  phase: 'set-up' | 'main' | 'post' | 'over' = 'set-up';
  readonly others = new Set<'alias' | 'code'>();
  readonly requests: { operation: string; kind: string }[] = [];
  readonly name: string;
  readonly plan: Plan;
  readonly shared: Shared;
  readonly #scene: Scene;
  readonly #counts = new Map<string, number>();
  #changing = false;
  #aliasMoved = false;
  readonly #ended = new Set<string>();

  constructor(scene: Scene, name: string, plan: Plan, shared: Shared) {
    this.#scene = scene;
    this.name = name;
    this.plan = plan;
    this.shared = shared;
  }

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
      if (this.plan.world.alarm === 'rings') this.#scene.alarms.set(this.name, 'ALARM');
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
    return this.plan.faults.find((fault) => {
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
      this.shared.cancel.abort(new Cancelled('The deploy was cancelled (SIGINT).'));
      return;
    }
    if (what.endsWith('image-deleted')) {
      const tag = what.slice(0, 3);
      this.shared.gone.add(tag);
      this.#scene.forget(this.shared.repository, tag);
      return;
    }
    // Before the first change of ours another deploy is simply what we find. DeleteAlias takes no RevisionId: what
    // comes in the last moment before it cannot be seen.
    if (!this.#changing || operation === 'lambda:DeleteAlias') return;
    const { alias, missing } = this.plan.world;
    // Where the function is new, version 1 is ours.
    if (what === 'other-alias' && alias !== 'none' && !missing && !this.others.has('alias')) {
      this.others.add('alias');
      await this.#scene.moveAlias(this.name, '1');
    }
    if (what === 'other-update' && !this.others.has('code')) {
      try {
        if (operation === 'lambda:CreateFunction')
          await this.#scene.create(this.name, this.shared.repository);
        else await this.#scene.update(this.name, this.#scene.uri(this.shared.repository, 'theirs'));
        this.others.add('code');
      } catch {
        // Refused while another update is under way, and where there is such a function by now, or none yet.
      }
    }
  }

  update(uri: string): ReturnType<PlayScript['version']> {
    if (this.phase === 'set-up')
      return this.plan.world.latest === 'failed' &&
        uri.endsWith(this.#scene.digest(this.shared.repository, 'new'))
        ? FAILED
        : undefined;
    for (const [tag, key] of [
      ['new', 'update'],
      ['old', 'back'],
    ] as const)
      if (uri.endsWith(this.#scene.digest(this.shared.repository, tag))) return this.#outcome(key);
    return undefined;
  }

  version(): { failed?: { code: string; reason: string }; ms?: number } | undefined {
    return this.phase === 'main' ? this.#outcome('version') : undefined;
  }

  #outcome(key: 'update' | 'back' | 'version'): ReturnType<PlayScript['version']> {
    const how = this.plan.world[key];
    if (this.#ended.has(key) || how === 'well') return undefined;
    this.#ended.add(key);
    return how === 'failed' ? FAILED : { ms: 90_000 };
  }

  healthy(tag: string): 'healthy' | 'status' | 'crash' {
    const { old, image } = this.plan.world;
    if (tag === 'old') return old === 'healthy' ? 'healthy' : 'status';
    if (tag !== 'new') return 'healthy';
    if (image === 'late') return this.#aliasMoved ? 'status' : 'healthy';
    return image;
  }

  urlStatus(): number {
    return this.plan.world.url === 'wrong' ? 404 : 200;
  }
}

const FAILED = { failed: { code: 'InternalError', reason: 'for a test' } };
