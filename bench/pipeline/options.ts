import { parseArgs } from 'node:util';
import type { App } from './app.ts';
import { APPS, type AppName } from './apps.ts';
import { ARMS, type ArmName, RULE_ARMS, USUAL_ARMS } from './arms.ts';
import { SCENARIOS, type ScenarioName } from './scenarios.ts';
import type { Service } from './services.ts';
import type { Distance } from './shaping.ts';

export type Distances = Record<Service, Distance>;

export interface BenchOptions {
  app: AppName;
  rounds: number;
  scenarios: ScenarioName[];
  arms: ArmName[];
  distances: Distances;
  /** How often an image is started after the first push, to see how long that takes. */
  starts: number;
  /** Folder that the JSON and the chart are written to; empty for none. */
  output: string;
  /** Their name without extension. */
  name: string;
  /** A JSON of an earlier run, to be printed instead of a new one. */
  show: string;
  /** Print what the programs print. */
  verbose: boolean;
}

/** What a hosted runner of GitHub in a Region near by sees, roughly; npm's registry and PyPI serve from an edge. */
const DEFAULTS: Distances = {
  cache: { roundTrip: 30, up: 100, down: 100 },
  ecr: { roundTrip: 20, up: 20, down: 60 },
  hub: { roundTrip: 20, up: 60, down: 60 },
  npm: { roundTrip: 5, up: 100, down: 100 },
  pypi: { roundTrip: 5, up: 100, down: 100 },
  aws: { roundTrip: 20, up: 20, down: 60 },
};

/** Those that a rule of the Dockerfile can make quicker or slower. */
const RULE_SCENARIOS = ['cold', 'source', 'dependency', 'base'] as const satisfies ScenarioName[];
/** Starts of an image, of which the median counts. */
const STARTS = 5;

export const USAGE = `npm run bench -- [OPTIONS]
  --app NAME            what is pushed, of: ${Object.keys(APPS).join(', ')} (default node)
  --rules               what each rule of our Dockerfile is worth: ${RULE_SCENARIOS.join(', ')}
                        with each rule broken, rows for docs/caching.md, and how long images take to start
  --rounds N            rounds of all arms and scenarios (default 7)
  --scenarios A,B       of: ${Object.keys(SCENARIOS).join(', ')}; each builds on those before
  --arms A,B            of: ${Object.keys(ARMS).join(', ')}
                        (default ${USUAL_ARMS.join(', ')};
                        with --rules ${RULE_ARMS.join(', ')})
  --latency S=MS,...    round trip to cache, ecr, hub, npm, pypi, aws in milliseconds
  --bandwidth S=UP:DOWN,...   in MB/s, of 10^6 bytes
  --quick               one round; without --rules only cold, nothing and source with plain, chain and ours
  --verbose             print what the programs print
  --output FOLDER       for bench.json and bench.svg, of --rules rules.json (default docs; with --quick nowhere)
  --show FILE           print what an earlier run wrote there, and measure nothing`;

/** @throws Error with what is wrong with the arguments */
export function readOptions(args: string[], root: string): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      app: { type: 'string', default: 'node' },
      rules: { type: 'boolean', default: false },
      show: { type: 'string', default: '' },
      rounds: { type: 'string' },
      scenarios: { type: 'string' },
      arms: { type: 'string' },
      latency: { type: 'string', default: '' },
      bandwidth: { type: 'string', default: '' },
      quick: { type: 'boolean', default: false },
      output: { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 7));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds: ${values.rounds} is no number from 1`);
  const distances = structuredClone(DEFAULTS);
  for (const [service, text] of pairs('latency', values.latency))
    distances[service].roundTrip = numberOf('latency', text, 0);
  for (const [service, text] of pairs('bandwidth', values.bandwidth)) {
    const [up = '', down = up] = text.split(':');
    distances[service].up = numberOf('bandwidth', up, 0.01);
    distances[service].down = numberOf('bandwidth', down, 0.01);
  }
  const [app = 'node'] = chosen('app', APPS, values.app);
  const { rules, quick } = values;
  const usual = rules ? armsOf(APPS[app], RULE_ARMS).join(',') : USUAL_ARMS.join(',');
  const arms = chosen('arms', ARMS, values.arms ?? (quick && !rules ? 'plain,chain,ours' : usual));
  const missing = arms.filter((arm) => !armsOf(APPS[app], arms).includes(arm));
  if (missing.length > 0) throw new Error(`--arms: the app ${app} has no ${missing.join(', ')}`);
  const fewer = rules ? RULE_SCENARIOS.join(',') : quick ? 'cold,nothing,source' : '';
  return {
    app,
    rounds,
    scenarios: chosen('scenarios', SCENARIOS, values.scenarios ?? fewer),
    arms,
    distances,
    starts: rules ? STARTS : 0,
    name: `${rules ? 'rules' : 'bench'}${app === 'node' ? '' : `-${app}`}`,
    show: values.show,
    verbose: values.verbose,
    output: values.output ?? (values.quick ? '' : `${root}/docs`),
  };
}

/** Those arms whose Dockerfile the app has. */
function armsOf(app: App, arms: readonly ArmName[]): ArmName[] {
  return arms.filter((arm) => app.styles.includes(ARMS[arm].style));
}

/** The wanted names in the order of `all`; all of them for an empty text. */
function chosen<N extends string>(option: string, all: Record<N, unknown>, text: string): N[] {
  const names = Object.keys(all) as N[];
  const wanted = text.split(',').filter(Boolean);
  const unknown = wanted.filter((name) => !(name in all));
  if (unknown.length > 0) throw new Error(`--${option}: there is no ${unknown.join(', ')}`);
  return wanted.length === 0 ? names : names.filter((name) => wanted.includes(name));
}

function pairs(option: string, text: string): [Service, string][] {
  return text
    .split(',')
    .filter(Boolean)
    .map((pair) => {
      const [service = '', value = ''] = pair.split('=');
      if (!(service in DEFAULTS)) throw new Error(`--${option}: there is no service ${service}`);
      return [service as Service, value];
    });
}

function numberOf(option: string, text: string, least: number): number {
  const value = text === '' ? Number.NaN : Number(text);
  if (!(value >= least)) throw new Error(`--${option}: ${text} is no number from ${least}`);
  return value;
}
