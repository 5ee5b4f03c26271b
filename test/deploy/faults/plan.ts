import type { Random } from '../../fuzz/random.ts';
import { fits, KINDS } from './kinds.ts';

/** The function before the deploy, and what is deployed to it. */
export interface World {
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
}

/** A world in which nothing goes wrong. */
export const WELL: World = {
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
  'ecr:BatchGetImage',
  'cloudwatch:DescribeAlarms',
  '*',
  '*',
];

/** A random plan. */
export function drawPlan(random: Random): Plan {
  const alias = random.from(['none', 'none', 'missing', 'there', 'there', 'there', 'weighted'] as const);
  const shift = alias !== 'none' && random.oneIn(2);
  const world: World = {
    alias,
    old: random.oneIn(6) ? 'unhealthy' : 'healthy',
    image: random.from(['healthy', 'healthy', 'status', 'crash', 'late'] as const),
    latest: random.oneIn(5) ? random.from(['new', 'failed'] as const) : 'old',
    rollback: !random.oneIn(10),
    update: random.oneIn(10) ? random.from(['failed', 'slow'] as const) : 'well',
    back: random.oneIn(10) ? random.from(['failed', 'slow'] as const) : 'well',
    version: random.oneIn(12) ? random.from(['failed', 'slow'] as const) : 'well',
    shift: shift ? SHIFT : '',
    alarm: shift ? random.from(['none', 'quiet', 'rings'] as const) : 'none',
  };
  return { world, faults: random.times(random.below(5), () => drawFault(random)) };
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
export function planText({ world, faults }: Plan): string {
  const differs = Object.entries(world).filter(([key, value]) => WELL[key as keyof World] !== value);
  const told = differs.map(([key, value]) => `${key}=${value}`).join(' ') || 'all well';
  return [
    told,
    ...faults.map(({ operation, nth, times, kind }) => `${kind} at ${operation} #${nth} x${times}`),
  ].join('; ');
}
