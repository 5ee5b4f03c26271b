import { DeployError, describeError } from '../errors.ts';
import type { Log } from '../github/log.ts';
import { FunctionRun } from './function-run.ts';
import type { DeployInputs } from './inputs.ts';
import type { Target } from './plan.ts';
import type { Tools } from './tools.ts';

/** Functions that are worked on at the same time: Lambda's control API takes 15 calls a second of an account. */
const AT_ONCE = 4;

/**
 * Deploys to every function: each on its own, so that one that fails is put back alone, or with `rollback-all` in
 * step, so that no alias moves before every new version has passed its test.
 * @param target undefined where each function has its own: `rollback-to`
 * @returns in input order
 */
export async function runAll(
  inputs: DeployInputs,
  target: Target | undefined,
  tools: Tools,
): Promise<FunctionRun[]> {
  const several = inputs.functions.length > 1;
  const runs = inputs.functions.map(
    (name) =>
      new FunctionRun(name, inputs, target, several ? { ...tools, log: prefixed(tools.log, name) } : tools),
  );
  const tell = (run: FunctionRun): void => {
    tools.log.info(`Function ${run.result.function}: ${run.result.result}`);
    if (run.error && several) tools.log.info(describeError(run.error));
  };
  if (inputs.rollbackAll) {
    await inStep(runs);
    runs.forEach(tell);
  } else
    await eachOf(runs, async (run) => {
      await run.look();
      await run.prepare();
      await run.goLive();
      run.finish();
      tell(run);
    });
  return runs;
}

/** All or none: what went well is taken back too as soon as a part has failed for one. */
async function inStep(runs: readonly FunctionRun[]): Promise<void> {
  const parts = [
    (run: FunctionRun) => run.look(),
    (run: FunctionRun) => run.prepare(),
    (run: FunctionRun) => run.goLive(),
  ];
  for (const part of parts) {
    await eachOf(runs, part);
    const failed = runs.filter(({ error }) => error).map(({ result }) => result.function);
    if (failed.length === 0) continue;
    const why = new DeployError(`It went wrong with ${failed.join(', ')}, and \`rollback-all\` is true.`);
    await eachOf(runs, (run) => run.takeBack(why));
    return;
  }
  for (const run of runs) run.finish();
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Lines of functions that are deployed to side by side tell whose they are; commands to the runner stay as they are. */
function prefixed(log: Log, name: string): Log {
  const short = name.split(':').at(-1) ?? name;
  return {
    info: (line) => log.info(line.startsWith('::') ? line : `[${short}] ${line}`),
    warning: (line) => log.warning(`${short}: ${line}`),
    debug: (line) => log.debug(`[${short}] ${line}`),
    group: (heading, work) => log.group(`[${short}] ${heading}`, work),
  };
}
