import type { AppState } from './app.ts';

/** A push: what has changed since the one before. */
export interface Scenario {
  title: string;
  change(state: AppState): AppState;
  /** Whether the base image has moved since. */
  baseMoved?: boolean;
}

/** In the order in which they follow each other in a history. */
export const SCENARIOS = {
  cold: { title: 'First push', change: (state) => state },
  nothing: { title: 'Nothing changed', change: (state) => state },
  ignored: {
    title: 'An ignored file',
    change: (state) => ({ ...state, ignored: state.ignored + 1 }),
  },
  source: { title: 'One source file', change: (state) => ({ ...state, source: state.source + 1 }) },
  dependency: { title: 'One dependency more', change: (state) => ({ ...state, added: true }) },
  lockfile: { title: 'A third of the lockfile', change: (state) => ({ ...state, updated: true }) },
  base: { title: 'Base image moved', change: (state) => state, baseMoved: true },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
