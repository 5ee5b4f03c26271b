import type { Finding } from '../record.ts';
import type { Project } from './project.ts';

/** A place where a rule's pattern stands. */
export interface Hit {
  /** Line in the Dockerfile, from 1; 0 where it is about the whole file. */
  line: number;
  /** Where it is not the Dockerfile. */
  file?: string;
  /** Lower than the rule's own where it is less certain here. */
  level?: Finding['level'];
  /** More exact than the rule's own. */
  why?: string;
  instead?: string;
}

/** One thing that hurts, as data; the table in docs/doctor.md is made from it. */
export interface Rule {
  /** `dockerignore-missing` */
  id: string;
  /** `error` only for what will surely fail on Lambda. */
  level: Finding['level'];
  /** One sentence each: why it hurts, and what to write instead. */
  why: string;
  instead: string;
  /** Pure; looks at the project and nothing else. */
  find(project: Project): Hit[];
}
