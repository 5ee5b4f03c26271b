import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GetFunctionConfigurationCommand, UpdateFunctionCodeCommand } from '@aws-sdk/client-lambda';
import { enginePrograms } from '../../src/local/parts/engine-programs.ts';
import { startEngine, stopEngine } from '../../src/local/parts/index.ts';
import { type App, FIRST, type ReadyApp } from './app.ts';
import { ARMS, type Arm, type ArmName } from './arms.ts';
import type { Cleanup } from './cleanup.ts';
import type { Job } from './job.ts';
import { secondsToStart } from './loading.ts';
import type { BenchOptions } from './options.ts';
import { SCENARIOS, type Scenario, type ScenarioName } from './scenarios.ts';
import { FUNCTION, type History, type Service, type Services } from './services.ts';
import { type Traffic, trafficBetween } from './shaping.ts';
import { rotated } from './statistics.ts';

/** One push, measured. */
export interface Measurement {
  arm: ArmName;
  scenario: ScenarioName;
  round: number;
  /** From the job's first step until UpdateFunctionCode was accepted. */
  seconds: number;
  /** Parts of these seconds. */
  phases: Record<string, number>;
  /** What the job still did afterwards (post steps); the deploy does not wait for it. */
  afterSeconds: number;
  /** Until the update was accepted, and what came afterwards. */
  traffic: Record<Service, Traffic>;
  afterTraffic: Record<Service, Traffic>;
  /** How long a container of the image takes to load the app; only where it was asked for, after the first push. */
  startSeconds?: number;
}

export interface Bench {
  options: BenchOptions;
  services: Services;
  app: Pick<App, 'load'> & ReadyApp;
  /** The project's folder, its ignored one, and one that is removed afterwards. */
  root: string;
  folder: string;
  temp: string;
  cleanup: Cleanup;
  say: (line: string) => void;
  /** No further push begins once it is aborted. */
  signal: AbortSignal;
}

/**
 * Runs all rounds: in each, every arm goes through all scenarios, each push on an empty Engine. Where a push fails,
 * the arm is given up for this round.
 * @returns how many pushes failed
 */
export async function runRounds(bench: Bench, done: (measurement: Measurement) => void): Promise<number> {
  let failures = 0;
  const engine = { folder: join(bench.temp, 'engine'), programs: bench.folder, say: () => {} };
  bench.cleanup.add('Engine', async () => await stopEngine(engine));
  for (let round = 0; round < bench.options.rounds; round += 1)
    for (const arm of rotated(bench.options.arms, round)) {
      if (bench.signal.aborted) return failures;
      const history = await bench.services.newHistory(`${arm}-${round}`);
      try {
        await runHistory(bench, { arm, round, history, engine }, done);
      } catch (error) {
        if (bench.signal.aborted) return failures;
        failures += 1;
        bench.say(`round ${round + 1}, ${arm}: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        await history.close();
      }
    }
  return failures;
}

interface HistoryRun {
  arm: ArmName;
  round: number;
  history: History;
  engine: Parameters<typeof stopEngine>[0];
}

async function runHistory(
  bench: Bench,
  { arm, round, history, engine }: HistoryRun,
  done: (measurement: Measurement) => void,
): Promise<void> {
  const { services, options } = bench;
  const app = join(bench.temp, 'app');
  let state = FIRST;
  for (const name of options.scenarios) {
    if (bench.signal.aborted) return;
    const scenario: Scenario = SCENARIOS[name];
    state = scenario.change(state);
    await services.moveBase(scenario.baseMoved ?? false);
    await bench.app.write(app, state, ARMS[arm].style, services);
    await stopEngine(engine);
    await rm(engine.folder, { recursive: true, force: true });
    await mkdir(engine.folder, { recursive: true });
    const phases: Record<string, number> = {};
    const log: string[] = [];
    const job: Job = {
      engine: await startEngine(engine),
      ...{ services, history, app, phase: phaseTimer(phases), log: (line) => void log.push(line) },
      temp: join(bench.temp, 'job'),
      tag: name,
      platform: process.arch === 'arm64' ? 'linux/arm64' : 'linux/amd64',
      dist: join(bench.root, 'dist'),
      engineEnv: (await enginePrograms(bench.folder, bench.say)).env,
    };
    await rm(job.temp, { recursive: true, force: true });
    await mkdir(job.temp, { recursive: true });
    try {
      const { uri, ...measured } = await measure(ARMS[arm], job);
      const starts = name === options.scenarios[0] ? options.starts : 0;
      const loading = starts > 0 && { startSeconds: await secondsToStart(job, uri, bench.app.load, starts) };
      done({ arm, round, scenario: name, phases, ...measured, ...loading });
    } catch (error) {
      if (!bench.signal.aborted) bench.say(log.slice(-40).join('\n'));
      throw error;
    } finally {
      if (options.verbose) bench.say(log.join('\n'));
    }
  }
}

async function measure(
  arm: Arm,
  job: Job,
): Promise<Pick<Measurement, 'seconds' | 'afterSeconds' | 'traffic' | 'afterTraffic'> & { uri: string }> {
  const traffic = () => ({ cache: job.history.cacheTraffic(), ...job.services.traffic() });
  await arm.prepare?.(job);
  // Every deploy reads before it writes, so that the update itself finds an open connection.
  await job.services.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: FUNCTION }));
  const [before, begin] = [traffic(), performance.now()];
  const { uri, after } = await arm.push(job);
  await job.phase('update', () =>
    job.services.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: FUNCTION, ImageUri: uri })),
  );
  const [accepted, middle] = [performance.now(), traffic()];
  await after?.();
  const end = traffic();
  return {
    uri,
    seconds: (accepted - begin) / 1000,
    afterSeconds: (performance.now() - accepted) / 1000,
    traffic: difference(before, middle),
    afterTraffic: difference(middle, end),
  };
}

function phaseTimer(phases: Record<string, number>): Job['phase'] {
  return async (name, work) => {
    const since = performance.now();
    const result = await work();
    phases[name] = (performance.now() - since) / 1000;
    return result;
  };
}

function difference(
  before: Record<Service, Traffic>,
  after: Record<Service, Traffic>,
): Record<Service, Traffic> {
  const services = Object.keys(before) as Service[];
  return Object.fromEntries(
    services.map((service) => [service, trafficBetween(before[service], after[service])]),
  ) as Record<Service, Traffic>;
}
