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
};

/** Every fault at every request of every course. */
export async function matrix(scene: Scene): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const [phase, differs] of Object.entries(COURSES)) {
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
