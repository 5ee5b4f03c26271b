import type { Docker } from '../../src/docker/command.ts';
import { type Case, type Judged, judge, type Verdict } from './judge.ts';
import { minimize } from './minimize.ts';
import { mutations } from './mutations.ts';
import { Random } from './random.ts';
import { randomContext } from './random-context.ts';

/** Cases of one build: more of them make no comparison cheaper. */
const batch = 40;

export interface FuzzResult {
  counts: Record<Verdict, number>;
  /** The first case of each kind of fault, as small as it gets. */
  faults: { verdict: Verdict; detail: string; smallest: Case }[];
  doubts: Map<string, number>;
}

/**
 * Compares `count` random contexts, each before and after a random change, with BuildKit.
 * @param say is told how far it is
 */
export async function fuzz(
  { docker, scratch, seed, count }: { docker: Docker; scratch: string; seed: number; count: number },
  say: (line: string) => void = () => {},
): Promise<FuzzResult> {
  const random = new Random(seed);
  const result: FuzzResult = {
    counts: { same: 0, changed: 0, doubt: 0, refused: 0, missed: 0, needless: 0, walk: 0 },
    faults: [],
    doubts: new Map(),
  };
  // What is in doubt or cannot be built compares nothing: others take its place.
  for (let compared = 0; compared < count; ) {
    const cases = random.times(Math.min(batch, 4 + (count - compared)), () => randomCase(random));
    const judged = await judge(docker, cases, scratch);
    for (const [index, { verdict, detail }] of judged.entries()) {
      result.counts[verdict] += 1;
      if (verdict === 'doubt') result.doubts.set(detail, (result.doubts.get(detail) ?? 0) + 1);
      else if (verdict !== 'refused') compared += 1;
      const found = cases[index];
      if (!found || !isFault(verdict) || result.faults.some((fault) => fault.verdict === verdict)) continue;
      say(`${verdict}, made smaller now: ${detail}`);
      const fault = await smallest(docker, scratch, found, verdict);
      say(`${verdict}: ${fault.detail}\n${JSON.stringify(fault.smallest, undefined, 1)}`);
      result.faults.push(fault);
    }
    say(`${compared} of ${count}: ${JSON.stringify(result.counts)}`);
  }
  return result;
}

function isFault(verdict: Verdict): boolean {
  return verdict === 'missed' || verdict === 'needless' || verdict === 'walk';
}

function randomCase(random: Random): Case {
  const before = randomContext(random);
  const mutation = random.from(mutations);
  return { mutation: mutation.name, before, after: mutation.apply(before, random) };
}

async function smallest(docker: Docker, scratch: string, found: Case, verdict: Verdict) {
  const one = async (candidate: Case): Promise<Judged | undefined> =>
    (await judge(docker, [candidate], scratch))[0];
  const small = await minimize(found, async (candidate) => (await one(candidate))?.verdict === verdict);
  return { verdict, detail: (await one(small))?.detail ?? '', smallest: small };
}
