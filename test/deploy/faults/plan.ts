import type { Random } from '../../fuzz/random.ts';
import { fits, KINDS } from './kinds.ts';

/** The function before the deploy, and what is deployed to it. */
export interface World {
  /** What is asked for: an image, or `rollback-to` a version of that image, found or by its number. */
  goal: 'image' | 'previous' | 'version';
  /** Whether there is no function, and `create-function` makes it. */
  missing: boolean;
  /** `smoke-url`: `auto` with a function URL, or one that is not Lambda's, which answers as it shall or with 404. */
  url: 'none' | 'auto' | 'own' | 'wrong';
  /** How the image does on a second function, which is deployed to with this one under `rollback-all`. */
  partner: 'none' | 'healthy' | 'status' | 'crash' | 'late';
  /** `none`: users call `$LATEST`; `weighted`: another version has some of the alias's traffic. */
  alias: 'none' | 'missing' | 'there' | 'weighted';
  /** What serves before. */
  old: 'healthy' | 'unhealthy';
  /** `late`: healthy until the alias is moved. */
  image: 'healthy' | 'status' | 'crash' | 'late';
  /** What `$LATEST` has: `new` is already the image, `failed` the image after an update that failed. */
  latest: 'old' | 'new' | 'failed';
  rollback: boolean;
  /** How the update to the new image ends, and the one that puts the old image back; each once. */
  update: 'well' | 'failed' | 'slow';
  back: 'well' | 'failed' | 'slow';
  version: 'well' | 'failed' | 'slow';
  /** `traffic-shift`; '' for none. */
  shift: string;
  /** Whether an alarm is watched, and whether it rings once the alias has moved. */
  alarm: 'none' | 'quiet' | 'rings';
}

/** Something that goes wrong at the n-th request of an operation. */
export interface FaultAt {
  /** `lambda:GetFunction`; `*`: any. */
  operation: string;
  /** From 1; counted over main and post. */
  nth: number;
  /** So many requests in a row; Infinity: until main ends. */
  times: number;
  /** Name in KINDS. */
  kind: string;
}

export interface Plan {
  world: World;
  faults: FaultAt[];
  /** What goes wrong with requests that are about the partner. */
  partnerFaults?: FaultAt[];
}

/** A world in which nothing goes wrong. */
export const WELL: World = {
  goal: 'image',
  missing: false,
  url: 'none',
  partner: 'none',
  alias: 'there',
  old: 'healthy',
  image: 'healthy',
  latest: 'old',
  rollback: true,
  update: 'well',
  back: 'well',
  version: 'well',
  shift: '',
  alarm: 'none',
};

/** Long enough that alias and alarms are looked at during a hold. */
export const SHIFT = '10% 5, 50% 12';

const OPERATIONS = [
  'lambda:GetFunction',
  'lambda:GetFunction',
  'lambda:GetAlias',
  'lambda:GetAlias',
  'lambda:UpdateFunctionCode',
  'lambda:UpdateFunctionCode',
  'lambda:PublishVersion',
  'lambda:UpdateAlias',
  'lambda:UpdateAlias',
  'lambda:CreateAlias',
  'lambda:DeleteAlias',
  'lambda:Invoke',
  'lambda:CreateFunction',
  'lambda:ListVersionsByFunction',
  'lambda:GetFunctionUrlConfig',
  'url:GET',
  'ecr:BatchGetImage',
  'cloudwatch:DescribeAlarms',
  '*',
  '*',
];

/** A random plan. */
export function drawPlan(random: Random): Plan {
  const missing = random.oneIn(8);
  const goal = !missing && random.oneIn(5) ? random.from(['previous', 'version'] as const) : 'image';
  const alias = drawAlias(random, goal, missing);
  const shift = alias !== 'none' && random.oneIn(2);
  const partner = random.oneIn(4) ? random.from(['healthy', 'status', 'crash', 'late'] as const) : 'none';
  const world: World = {
    goal,
    missing,
    url: drawUrl(random, partner, missing || alias === 'missing'),
    partner,
    alias,
    old: random.oneIn(6) ? 'unhealthy' : 'healthy',
    image: random.from(['healthy', 'healthy', 'status', 'crash', 'late'] as const),
    latest: goal === 'image' && random.oneIn(5) ? random.from(['new', 'failed'] as const) : 'old',
    // Refused together with `rollback-all`.
    rollback: partner !== 'none' || !random.oneIn(10),
    update: random.oneIn(10) ? random.from(['failed', 'slow'] as const) : 'well',
    back: random.oneIn(10) ? random.from(['failed', 'slow'] as const) : 'well',
    version: random.oneIn(12) ? random.from(['failed', 'slow'] as const) : 'well',
    shift: shift ? SHIFT : '',
    alarm: shift ? random.from(['none', 'quiet', 'rings'] as const) : 'none',
  };
  const faults = random.times(random.below(5), () => drawFault(random));
  if (partner === 'none') return { world, faults };
  return { world, faults, partnerFaults: random.times(random.below(3), () => drawFault(random)) };
}

function drawAlias(random: Random, goal: World['goal'], missing: boolean): World['alias'] {
  if (missing) return random.from(['none', 'missing'] as const);
  if (goal !== 'image') return random.from(['missing', 'there', 'there', 'weighted'] as const);
  return random.from(['none', 'none', 'missing', 'there', 'there', 'there', 'weighted'] as const);
}

/** A URL of one's own cannot be tested for two functions, and a function URL hangs on what is there. */
function drawUrl(random: Random, partner: World['partner'], nothing: boolean): World['url'] {
  if (!random.oneIn(4)) return 'none';
  const kinds = [
    ...(partner === 'none' ? (['own', 'wrong'] as const) : []),
    ...(nothing ? [] : (['auto'] as const)),
  ];
  return kinds.length === 0 ? 'none' : random.from(kinds);
}

function drawFault(random: Random): FaultAt {
  const operation = random.from(OPERATIONS);
  const kinds = Object.entries(KINDS).filter(([, kind]) => operation === '*' || fits(kind, operation));
  const [kind, { passing }] = random.from(kinds);
  const most = operation === '*' ? 20 : /Get/.test(operation) ? 6 : 3;
  const times = random.oneIn(8) ? Number.POSITIVE_INFINITY : passing ? 1 + random.below(3) : 1;
  return { operation, nth: 1 + random.below(most), times, kind };
}

/** One line that tells a plan. */
export function planText({ world, faults, partnerFaults = [] }: Plan): string {
  const differs = Object.entries(world).filter(([key, value]) => WELL[key as keyof World] !== value);
  const told = differs.map(([key, value]) => `${key}=${value}`).join(' ') || 'all well';
  const tell = (whose: string, { operation, nth, times, kind }: FaultAt): string =>
    `${whose}${kind} at ${operation} #${nth} x${times}`;
  return [
    told,
    ...faults.map((fault) => tell('', fault)),
    ...partnerFaults.map((fault) => tell("the partner's ", fault)),
  ].join('; ');
}
