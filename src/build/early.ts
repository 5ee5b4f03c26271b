import type { Log } from '../github/log.ts';
import type { ReadyBuilder } from './builder.ts';
import { startEarlyPush } from './early-push.ts';
import { type EarlyScan, startEarlyScan } from './early-scan.ts';
import type { Memory } from './image-scan/memory.ts';
import type { BuildInputs } from './inputs.ts';
import type { SignedIn } from './sign-in.ts';

/** What is done with the builder's disk while the build is still at work. */
export interface Early {
  /** To be called with each line of `--progress plain`. */
  line(line: string): void;
  /** To be called when the build has ended. */
  end(log: Log): Promise<void>;
  /** Absent where nothing is to be checked. */
  scan: EarlyScan | undefined;
}

export interface EarlyFacts {
  ready: ReadyBuilder;
  signedIn: SignedIn;
  /** Digest of the base image; '' where it is not known. */
  base: string;
  /** From `startMemory`. */
  memory: Promise<Memory | undefined>;
}

/** @returns undefined where nothing is pushed, or this machine does not see the builder's disk */
export function startEarly(
  inputs: BuildInputs,
  { ready, signedIn, base, memory }: EarlyFacts,
): Early | undefined {
  if (!inputs.push || !ready.storeOf) return undefined;
  const { registry, platform } = signedIn;
  const place = { store: ready.storeOf(ready.docker), registry, repository: inputs.repository, platform };
  const push = base === '' ? undefined : startEarlyPush({ ...place, base });
  const scan = inputs.checks === 'off' ? undefined : startEarlyScan({ ...place, memory });
  return {
    line(line) {
      push?.line(line);
      scan?.line(line);
    },
    async end(log) {
      await push?.end();
      const bytes = push?.bytes() ?? 0;
      if (bytes > 0) log.info(`Base image: ${(bytes / 1e6).toFixed(1)} MB were uploaded while it was built.`);
    },
    scan,
  };
}
