import './fast-clock.ts';
import { parseArgs } from 'node:util';
import { Random } from '../../fuzz/random.ts';
import { matrix, matrixTable } from './matrix.ts';
import { drawPlan, type Plan, planText } from './plan.ts';
import { type Played, play } from './play.ts';
import { broken } from './rules.ts';
import { Scene } from './scene.ts';

/**
 * `npm run faults`: the matrix of operations, faults and courses; with `--course TEXT` only those courses that have this
 * in their name. `npm run faults -- --seed 1 --count 2000`: random plans; `--only N` plays one of them and shows its log.
 * Exit code 1 where a rule was broken.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    count: { type: 'string' },
    only: { type: 'string' },
    course: { type: 'string' },
  },
});
// More would wait for one another, on a clock that runs fifty times as fast.
const AT_ONCE = 4;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const since = process.hrtime.bigint();
const seconds = (): string => (Number(process.hrtime.bigint() - since) / 1e9).toFixed(1);

const scene = await Scene.start();
process.env.AWS_ENDPOINT_URL = scene.stand.aws.endpoint;
let failures = 0;

/** Plays plans side by side. */
async function playAll(plans: readonly Plan[], each: (played: Played, at: number) => void): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < plans.length; at = next++) {
      const plan = plans[at];
      if (plan) each(await play(scene, `f${at}`, plan), at);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function judge(played: Played, title: string, verbose = false): boolean {
  const problems = broken(played);
  if (problems.length > 0 || verbose) {
    say(`${title}: ${planText(played.plan)}`);
    for (const problem of problems) say(`  ${problem}`);
    const { before, after, end, reported, requests } = played;
    say(`  ${JSON.stringify({ before, after, end })}`);
    say(`  ${reported.result.result} ${reported.result.version}: ${reported.error}`);
    if (verbose) {
      for (const line of played.log) say(`  | ${line}`);
      for (const request of requests) say(`  > ${request.operation} ${request.kind}`);
    }
  }
  if (problems.length > 0) failures++;
  return problems.length === 0;
}

try {
  if (values.seed !== undefined || values.count !== undefined || values.only !== undefined) {
    const seed = Number(values.seed ?? Date.now() % 1_000_000);
    const count = Number(values.count ?? 1000);
    const plans = Array.from({ length: count }, (_, at) => drawPlan(new Random(seed * 1_000_003 + at)));
    const results = new Map<string, number>();
    let [requests, faults, posts] = [0, 0, 0];
    const chosen =
      values.only === undefined ? plans : [drawPlan(new Random(seed * 1_000_003 + Number(values.only)))];
    await playAll(chosen, (played, at) => {
      judge(played, `Seed ${seed}, plan ${values.only ?? at}`, values.only !== undefined);
      const { result } = played.reported.result;
      results.set(result, (results.get(result) ?? 0) + 1);
      requests += played.requests.length;
      faults += played.requests.filter(({ kind }) => kind !== '').length;
      if (played.restored) posts++;
    });
    say(
      `Seed ${seed}: ${chosen.length} plans, ${requests} requests, ${faults} faults met, ${posts} ended by post; ` +
        `${[...results].map(([result, times]) => `${times} ${result}`).join(', ')}; ${failures} broke a rule; ${seconds()} s`,
    );
  } else {
    const cells = await matrix(scene, values.course);
    await playAll(
      cells.map(({ plan }) => plan),
      (played, at) => {
        const cell = cells[at];
        if (!cell) return;
        cell.met = played.requests.some(({ kind }) => kind !== '');
        cell.ok = judge(played, `${cell.phase}`);
      },
    );
    say(matrixTable(cells));
    say(
      `${cells.length} deploys, ${cells.filter(({ met }) => met).length} met their fault, ${failures} broke a rule; ${seconds()} s`,
    );
  }
} finally {
  await scene.close();
}
process.exit(failures > 0 ? 1 : 0);
