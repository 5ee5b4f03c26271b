import type { ContextSpec } from './context-spec.ts';
import type { Case } from './judge.ts';

/** Takes a part out of a context. */
type Cut = (spec: ContextSpec) => ContextSpec;

/**
 * Takes out paths and ignore lines, one after another and from both sides, as long as the case still fails.
 * @param fails judges a candidate
 */
export async function minimize(found: Case, fails: (candidate: Case) => Promise<boolean>): Promise<Case> {
  let small = found;
  for (let smaller = true; smaller; ) {
    smaller = false;
    for (const cut of cuts(small)) {
      const candidate = { ...small, before: cut(small.before), after: cut(small.after) };
      if (sizeOf(candidate) >= sizeOf(small) || !(await fails(candidate))) continue;
      small = candidate;
      smaller = true;
    }
  }
  return small;
}

function sizeOf({ before, after }: Case): number {
  return JSON.stringify([before, after]).length;
}

function cuts({ before, after }: Case): Cut[] {
  const paths = new Set([...before.entries, ...after.entries].map(({ path }) => path));
  const lines = new Set(
    [before, after].flatMap(({ ignore, ownIgnore }) => [...(ignore ?? []), ...(ownIgnore ?? [])]),
  );
  return [
    ...[...paths].map(
      (path): Cut =>
        (spec) => ({ ...spec, entries: spec.entries.filter((entry) => entry.path !== path) }),
    ),
    ...[...lines].map(
      (line): Cut =>
        (spec) => ({
          ...spec,
          ignore: spec.ignore?.filter((other) => other !== line),
          ownIgnore: spec.ownIgnore?.filter((other) => other !== line),
        }),
    ),
    (spec) => ({ ...spec, dockerfileInside: false }),
  ];
}
