import type { Rule } from '../rule.ts';
import { adapterRules } from './adapter.ts';
import { baseRules } from './bases.ts';
import { contextRules } from './context.ts';
import { installRules } from './installs.ts';
import { linkRules } from './links.ts';
import { portRules } from './ports.ts';
import { secretRules } from './secrets.ts';
import { startRules } from './start.ts';

/** All rules about a project's files, in the order of docs/doctor.md. */
export const rules: readonly Rule[] = [
  ...adapterRules,
  ...portRules,
  ...startRules,
  ...installRules,
  ...linkRules,
  ...contextRules,
  ...secretRules,
  ...baseRules,
];
