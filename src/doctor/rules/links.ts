import type { Rule } from '../rule.ts';

/** Rules about layers that are to stand alone. */
export const linkRules: Rule[] = [
  {
    // Source: moby/buildkit, frontend/dockerfile/dockerfile2llb/convert_copy.go.
    id: 'link-ignored',
    level: 'warning',
    why: 'BuildKit ignores `--link` beside `--chmod`: where this layer changes, it fetches and unpacks all layers below it.',
    instead:
      'Set the mode in another stage (`FROM scratch AS files`, `COPY --chmod=...`), and take the files from there with `COPY --link --from=files`.',
    find: ({ dockerfile: { final } }) =>
      (final?.instructions ?? [])
        .filter(({ name }) => name === 'COPY' || name === 'ADD')
        .filter(
          ({ flags }) =>
            flags.some(({ name, value }) => name === 'link' && value !== 'false') &&
            flags.some(({ name }) => name === 'chmod'),
        )
        .map(({ line }) => ({ line })),
  },
];
