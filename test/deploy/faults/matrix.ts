import { fits, KINDS } from './kinds.ts';
import { type Plan, SHIFT, WELL, type World } from './plan.ts';
import { play } from './play.ts';
import type { Scene } from './scene.ts';

/** One fault at one request of one course of a deploy. */
export interface Cell {
  /** The course of the deploy. */
  phase: string;
  operation: string;
  kind: string;
  plan: Plan;
  /** Whether the fault came to pass, and whether every rule was kept. */
  met?: boolean;
  ok?: boolean;
}

/** The courses that a deploy can take; each request of each is met by each fault once. */
const COURSES: Readonly<Record<string, Partial<World>>> = {
  'move the alias': {},
  'create the alias': { alias: 'missing' },
  'clear weights': { alias: 'weighted', latest: 'new' },
  'shift the traffic': { shift: SHIFT, alarm: 'quiet' },
  'shift, and an alarm rings': { shift: SHIFT, alarm: 'rings' },
  'no alias': { alias: 'none' },
  'version fails its test': { image: 'status' },
  'alias moved and back': { image: 'late' },
  'alias created and removed': { alias: 'missing', image: 'late' },
  '$LATEST put back': { alias: 'none', image: 'crash' },
  'roll back to the previous version': { goal: 'previous' },
  'roll back to a number': { goal: 'version' },
  'roll back and clear weights': { goal: 'previous', alias: 'weighted' },
  'rollback version fails its test': { goal: 'previous', image: 'status' },
  'rollback moved and back': { goal: 'previous', image: 'late' },
  'create the function': { missing: true, alias: 'missing' },
  'create the function, no alias': { missing: true, alias: 'none' },
  'created function fails its test': { missing: true, alias: 'missing', image: 'status' },
  'created function, no alias, fails': { missing: true, alias: 'none', image: 'crash' },
  'created function, alias removed': { missing: true, alias: 'missing', image: 'late' },
  'function URL': { url: 'auto' },
  'function URL, no alias': { url: 'auto', alias: 'none' },
  "a URL that is not Lambda's": { url: 'own' },
  'URL fails, alias moved and back': { url: 'wrong' },
  'URL fails, $LATEST put back': { url: 'wrong', alias: 'none' },
  'two functions, all or none': { partner: 'healthy' },
  'all or none: the other fails': { partner: 'status' },
  'all or none: the other fails late': { partner: 'late' },
  'all or none, no alias': { partner: 'healthy', alias: 'none' },
  'all or none, no alias: the other fails': { partner: 'crash', alias: 'none' },
  'all or none: rollback': { partner: 'healthy', goal: 'previous' },
  'all or none: rollback, the other fails late': { partner: 'late', goal: 'previous' },
};

/**
 * Every fault at every request of every course.
 * @param part of the name of a course; the others are left out
 * @throws Error where no course has it
 */
export async function matrix(scene: Scene, part = ''): Promise<Cell[]> {
  const cells: Cell[] = [];
  const courses = Object.entries(COURSES).filter(([name]) => name.includes(part));
  if (courses.length === 0)
    throw new Error(`No course has "${part}" in its name: ${Object.keys(COURSES).join('; ')}`);
  for (const [phase, differs] of courses) {
    const world = { ...WELL, ...differs };
    const { requests } = await play(scene, 'course', { world, faults: [] });
    const counts = new Map<string, number>();
    for (const { operation } of requests) {
      const nth = (counts.get(operation) ?? 0) + 1;
      counts.set(operation, nth);
      for (const [kind, about] of Object.entries(KINDS))
        if (fits(about, operation))
          cells.push({
            phase,
            operation,
            kind,
            plan: { world, faults: [{ operation, nth, times: 1, kind }] },
          });
    }
  }
  return cells;
}

/** Operations as rows, faults as columns; each field counts the deploys in which that fault came to pass. */
export function matrixTable(cells: readonly Cell[]): string {
  const operations = [...new Set(cells.map(({ operation }) => operation))].sort();
  const kinds = Object.keys(KINDS);
  const first = Math.max(...kinds.map((kind) => kind.length));
  const short = operations.map((operation) => operation.replace(/^\w+:/, ''));
  const lines = [[''.padEnd(first), ...short].join('  ')];
  for (const kind of kinds) {
    const fields = operations.map((operation, at) => {
      const these = cells.filter((cell) => cell.operation === operation && cell.kind === kind);
      const bad = these.filter(({ ok }) => ok === false).length;
      const met = these.filter((cell) => cell.met).length;
      const text = these.length === 0 ? '-' : bad > 0 ? `${met} (${bad} broken)` : String(met);
      return text.padStart(short[at]?.length ?? 0);
    });
    lines.push([kind.padEnd(first), ...fields].join('  '));
  }
  const courses = [...new Set(cells.map(({ phase }) => phase))].map((phase) => {
    const these = cells.filter((cell) => cell.phase === phase);
    const bad = these.filter(({ ok }) => ok === false).length;
    return `${phase}: ${these.length} deploys, ${bad} broke a rule`;
  });
  return [...lines, '', ...courses].join('\n');
}
