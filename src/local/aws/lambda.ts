import { functionNotFound } from './aws-error.ts';
import type { Alarms } from './cloudwatch-api.ts';
import type { Environments } from './environments.ts';
import type { Faults } from './faults.ts';
import type { LogStore } from './log-store.ts';
import { functionArn, isAliasName, type Place, type Target } from './names.ts';
import type { Registry } from './registry.ts';
import type { Runtime } from './runtime.ts';
import type { AliasState, FunctionState, LatestState, PublishedState } from './state.ts';
import type { Store } from './store.ts';
import type { UrlServers } from './url-servers.ts';

/** What the operations of Lambda work on. */
export interface Lambda {
  place: Place;
  store: Store;
  registry: Registry;
  runtime: Runtime;
  environments: Environments;
  logs: LogStore;
  urls: UrlServers;
  faults: Faults;
  /** Of CloudWatch; none unless somebody sets them. */
  alarms: Alarms;
  /** Milliseconds that an update, and the creation of a function, take at least. */
  updateMs: number;
  /** Milliseconds that a published version stays Pending at least; 0: it is Active at once. */
  publishMs: number;
  /** Images for another processor than the function's are taken, as Lambda takes them. */
  anyArchitecture: boolean;
  /** A number from 0 (included) to 1 (not), for the weights of an alias. */
  random: () => number;
  say: (line: string) => void;
}

/** @throws AwsError ResourceNotFoundException, which names the qualifier too where there is one */
export function findFunction(lambda: Lambda, target: Target): FunctionState {
  const fn = lambda.store.state.functions[target.name];
  if (!fn) throw functionNotFound(functionArn(lambda.place, target.name, target.qualifier));
  return fn;
}

/** `$LATEST` or a published version. @throws AwsError ResourceNotFoundException */
export function findVersion(
  lambda: Lambda,
  fn: FunctionState,
  version: string,
): LatestState | PublishedState {
  const found = version === '$LATEST' ? fn.latest : fn.versions.find((one) => one.version === version);
  if (!found) throw functionNotFound(functionArn(lambda.place, fn.name, version));
  return found;
}

/** What a qualifier means: the version behind it, and the alias where it is one. */
export interface Qualified {
  fn: FunctionState;
  version: LatestState | PublishedState;
  alias?: AliasState;
}

/** Follows name and qualifier; an alias leads to its main version. @throws AwsError ResourceNotFoundException */
export function resolveTarget(lambda: Lambda, target: Target): Qualified {
  const fn = findFunction(lambda, target);
  const qualifier = target.qualifier ?? '$LATEST';
  if (!isAliasName(qualifier)) return { fn, version: findVersion(lambda, fn, qualifier) };
  const alias = fn.aliases[qualifier];
  if (!alias) throw functionNotFound(functionArn(lambda.place, fn.name, qualifier));
  return { fn, alias, version: findVersion(lambda, fn, alias.functionVersion) };
}
