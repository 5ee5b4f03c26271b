import { parseArgs } from 'node:util';
import { ARMS, type ArmName, USUAL_ARMS } from './arms.ts';
import { SCENARIOS, type ScenarioName } from './scenarios.ts';
import type { Service } from './services.ts';
import type { Distance } from './shaping.ts';

export type Distances = Record<Service, Distance>;

export interface BenchOptions {
  rounds: number;
  scenarios: ScenarioName[];
  arms: ArmName[];
  distances: Distances;
  /** Where the JSON and the chart are written. */
  output: string;
  /** Print what the programs print. */
  verbose: boolean;
}

/** What a hosted runner of GitHub in a Region near by sees, roughly; npm's registry serves from an edge. */
const DEFAULTS: Distances = {
  cache: { roundTrip: 30, up: 100, down: 100 },
  ecr: { roundTrip: 20, up: 20, down: 60 },
  hub: { roundTrip: 20, up: 60, down: 60 },
  npm: { roundTrip: 5, up: 100, down: 100 },
  aws: { roundTrip: 20, up: 20, down: 60 },
};

export const USAGE = `npm run bench -- [OPTIONS]
  --rounds N            rounds of all arms and scenarios (default 7)
  --scenarios A,B       of: ${Object.keys(SCENARIOS).join(', ')}; each builds on those before
  --arms A,B            of: ${Object.keys(ARMS).join(', ')}
                        (default ${USUAL_ARMS.join(', ')})
  --latency S=MS,...    round trip to cache, ecr, hub, npm, aws in milliseconds
  --bandwidth S=UP:DOWN,...   in MB/s, of 10^6 bytes
  --quick               one round of cold, nothing and source with plain, chain and ours
  --verbose             print what the programs print
  --output FOLDER       for bench.json and bench.svg (default docs; with --quick nowhere)`;

/** @throws Error with what is wrong with the arguments */
export function readOptions(args: string[], root: string): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
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
  return {
    rounds,
    scenarios: chosen(
      'scenarios',
      SCENARIOS,
      values.scenarios ?? (values.quick ? 'cold,nothing,source' : ''),
    ),
    arms: chosen('arms', ARMS, values.arms ?? (values.quick ? 'plain,chain,ours' : USUAL_ARMS.join(','))),
    distances,
    verbose: values.verbose,
    output: values.output ?? (values.quick ? '' : `${root}/docs`),
  };
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
