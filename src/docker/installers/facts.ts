import type { Command } from '../shell-words.ts';

/** A command of a RUN that installs packages. */
export interface Install {
  manager: Manager;
  /** `project`: what the project's manifest names; `packages`: what the command itself names. */
  what: 'project' | 'packages';
  /** Whether it takes exactly what a lockfile says, or fails. */
  frozen: boolean;
  /** True where it leaves development dependencies out. */
  production: boolean;
  /** As it should be written. */
  better: string;
}

export type Manager = 'npm' | 'yarn' | 'pnpm' | 'uv' | 'pip' | 'poetry' | 'go' | 'maven' | 'gradle';

/** What is known of a package manager. */
export interface ManagerFacts {
  /** Files that pin what is installed; empty where the manifest does. */
  lockfiles: readonly string[];
  /** Where its downloads lie by default, for a cache mount. */
  cache: string;
  /** Files that say what is installed. */
  manifests: readonly string[];
}

export const managers: Readonly<Record<Manager, ManagerFacts>> = {
  npm: {
    lockfiles: ['package-lock.json', 'npm-shrinkwrap.json'],
    cache: '/root/.npm',
    manifests: ['package.json'],
  },
  yarn: { lockfiles: ['yarn.lock'], cache: '/usr/local/share/.cache/yarn', manifests: ['package.json'] },
  pnpm: {
    lockfiles: ['pnpm-lock.yaml'],
    cache: '/root/.local/share/pnpm/store',
    manifests: ['package.json'],
  },
  uv: { lockfiles: ['uv.lock'], cache: '/root/.cache/uv', manifests: ['pyproject.toml'] },
  pip: { lockfiles: [], cache: '/root/.cache/pip', manifests: ['requirements.txt', 'pyproject.toml'] },
  poetry: { lockfiles: ['poetry.lock'], cache: '/root/.cache/pypoetry', manifests: ['pyproject.toml'] },
  go: { lockfiles: ['go.sum'], cache: '/go/pkg/mod', manifests: ['go.mod'] },
  maven: { lockfiles: [], cache: '/root/.m2', manifests: ['pom.xml'] },
  gradle: {
    lockfiles: [],
    cache: '/root/.gradle',
    manifests: ['build.gradle', 'build.gradle.kts', 'settings.gradle', 'settings.gradle.kts'],
  },
};

/** Reads a command of one program as an installation; `variables` are what is set for it, such as `CI`. */
export type Reader = (command: Command, variables: ReadonlyMap<string, string>) => Install | undefined;
