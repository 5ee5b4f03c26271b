/** What of an app has changed since the first push; each number is a content of its own. */
export interface AppState {
  source: number;
  ignored: number;
  /** Whether it depends on one package more. */
  added: boolean;
  /** Whether its lockfile has newer versions. */
  updated: boolean;
}

export const FIRST: AppState = { source: 0, ignored: 0, added: false, updated: false };

/**
 * `usual`: what many guides show; `recommended`: what docs/caching.md does; `example`: the Dockerfile of example-api
 * itself, which has a smaller base image. The others are `recommended` with one rule broken: all is copied before the
 * installation, no `--link`, what the compiler needs removed by `npm prune`, all in one stage, no compile in the
 * build, no cache mount.
 */
export type Style =
  | 'usual'
  | 'recommended'
  | 'example'
  | 'unordered'
  | 'unlinked'
  | 'pruned'
  | 'single'
  | 'uncompiled'
  | 'unmounted';

export interface AppPlaces {
  /** Of the package registry, as the lockfile names it: `http://localhost:PORT`. */
  registry: string;
  /** Where each public image is here, both with tag. */
  images: Readonly<Record<string, string>>;
}

/** A kind of app that is pushed. */
export interface App {
  /** Which service its packages come from. */
  registry: 'npm' | 'pypi';
  /** The public images that its Dockerfiles name; the first is the base image whose tag moves. */
  images: readonly [string, ...string[]];
  /** Instructions that the base image has beside its files. */
  settings: readonly string[];
  /** The Dockerfiles that it has. */
  styles: readonly Style[];
  /** What is run in an image to see how long it takes to load everything; it ends by itself. */
  load: readonly string[];
  /**
   * Gets or makes its packages, once.
   * @param root the project's folder
   * @param folder the project's ignored folder
   */
  prepare(root: string, folder: string, say: (line: string) => void): Promise<ReadyApp>;
}

export interface ReadyApp {
  /** Folder of the packages' archives. */
  archives: string;
  /** Writes the whole app anew, as a checkout does: all of its files are new to the file system. */
  write(folder: string, state: AppState, style: Style, places: AppPlaces): Promise<void>;
}
