import { formatMs } from '../format.ts';
import type { Log } from '../github/log.ts';
import type { ReadyBuilder } from './builder.ts';
import { startEarlyPush } from './early-push.ts';
import { type EarlyScan, startEarlyScan } from './early-scan.ts';
import { type EarlyUnpackRequest, startEarlyUnpack } from './early-unpack.ts';
import type { Memory } from './image-scan/memory.ts';
import type { BuildInputs } from './inputs.ts';
import { type BuildPlan, isGitContext } from './plan.ts';
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
  plan: BuildPlan;
  /** Digest of the base image; '' where it is not known. */
  base: string;
  /** From `startMemory`. */
  memory: Promise<Memory | undefined>;
}

/** @returns undefined where this machine does not see the builder's disk */
export function startEarly(inputs: BuildInputs, facts: EarlyFacts): Early | undefined {
  const { ready, signedIn, base, memory } = facts;
  if (!ready.storeOf) return undefined;
  const { registry, platform } = signedIn;
  const place = { store: ready.storeOf(ready.docker), registry, repository: inputs.repository, platform };
  const unpack = isGitContext(inputs.context) ? undefined : startEarlyUnpack(unpackRequest(facts));
  const push = inputs.push && base !== '' ? startEarlyPush({ ...place, base }) : undefined;
  const scan = inputs.push && inputs.checks !== 'off' ? startEarlyScan({ ...place, memory }) : undefined;
  return {
    line(line) {
      for (const one of [unpack, push, scan]) one?.line(line);
    },
    async end(log) {
      await Promise.all([unpack?.end(), push?.end()]);
      const bytes = push?.bytes() ?? 0;
      const ms = unpack?.ms() ?? 0;
      if (ms > 0)
        log.info(`Last stage: its cached layers were unpacked beside the others (${formatMs(ms)}).`);
      if (bytes > 0) log.info(`Base image: ${(bytes / 1e6).toFixed(1)} MB were uploaded while it was built.`);
    },
    scan,
  };
}

function unpackRequest({ ready, signedIn, plan }: EarlyFacts): EarlyUnpackRequest {
  return { docker: ready.docker, build: plan.request, secretEnv: plan.secretEnv, folder: signedIn.folder };
}
