import { rules } from './rules/index.ts';

/** The table of rules in docs/doctor.md. */
export function rulesTable(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const rows = rules.map(
    ({ id, level, why, instead }) => `| \`${id}\` | ${level} | ${cell(why)} | ${cell(instead)} |`,
  );
  return ['| Rule | Level | Why | Instead |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
