/** What is said about a run beside its record. Everything but `marker` is escaped. */
export interface Heading {
  /** Put in front as it is: a hidden HTML comment of our own. */
  marker?: string;
  /** Name of the base branch. */
  base?: string;
  /** The commit, 40 hex digits. */
  commit?: string;
  /** Pages to link: the workflow run, and report.html. `https://` only; others are left out. */
  runUrl?: string;
  htmlUrl?: string;
}

export interface ReportOptions {
  /** Characters at most: 65,536 for a comment, 1 MiB for a summary. */
  limit: number;
  heading?: Heading;
}
