import { InputError, type Inputs, parseDuration } from '../github/inputs.ts';

/** One step of a traffic shift. */
export interface ShiftStep {
  /** Share of the new version, above 0 and under 1. */
  weight: number;
  /** How long it is held and watched, in milliseconds. */
  holdMs: number;
}

/** What `traffic-shift` and `alarms` say. */
export interface ShiftInputs {
  /** Empty: all traffic at once. */
  shift: ShiftStep[];
  /** Names of CloudWatch alarms. */
  alarms: string[];
}

const ALLOWED =
  'weights with how long each is held, rising and under 100 %, such as `10% 2m, 50% 2m`; 100 % follows by itself';

/**
 * Reads `traffic-shift` and `alarms`.
 * @throws InputError
 */
export function readShift(inputs: Inputs, alias: string): ShiftInputs {
  const text = inputs.text('traffic-shift');
  const shift = text === '' ? [] : text.split(/,\s*|\n/).map((part) => readStep(part.trim(), text));
  for (const [index, { weight }] of shift.entries())
    if (weight <= (shift[index - 1]?.weight ?? 0)) throw new InputError('traffic-shift', text, ALLOWED);
  if (shift.length > 0 && alias === '')
    throw new InputError('traffic-shift', text, 'only with `alias`, since an alias alone can share traffic');
  return { shift, alarms: readAlarms(inputs, shift.length > 0) };
}

function readStep(part: string, whole: string): ShiftStep {
  const match = /^(\d+(?:\.\d+)?)\s*%\s+(\S+)$/.exec(part);
  const percent = Number(match?.[1]);
  if (!match?.[2] || !(percent > 0 && percent < 100)) throw new InputError('traffic-shift', whole, ALLOWED);
  // Lambda keeps weights as decimals; 7 % must not become 0.07000000000000001.
  return { weight: Number((percent / 100).toFixed(6)), holdMs: parseDuration(match[2], 'traffic-shift') };
}

function readAlarms(inputs: Inputs, shifts: boolean): string[] {
  const alarms = [...new Set(inputs.list('alarms'))];
  const text = inputs.text('alarms');
  if (alarms.length > 0 && !shifts)
    throw new InputError(
      'alarms',
      text,
      'only with `traffic-shift`: alarms are watched while a weight is held',
    );
  if (alarms.length > 100) throw new InputError('alarms', text, '100 alarms at most');
  const long = alarms.find((name) => name.length > 255 || name.startsWith('arn:'));
  if (long !== undefined)
    throw new InputError('alarms', long, 'names of alarms, 255 characters at most, no ARNs');
  return alarms;
}
