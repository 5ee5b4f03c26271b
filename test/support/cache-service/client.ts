// Calls the real `@actions/cache` as an action would, in a process of its own: it takes address and token from the
// environment and talks on standard output. Standard input: a JSON list of calls; the last line of standard output:
// a JSON list of what they returned.
import { text } from 'node:stream/consumers';
import { restoreCache, saveCache } from '@actions/cache';

/** One call of the toolkit; `paths` are relative to the working folder. */
export type CacheCall =
  | { save: string; paths: string[] }
  | { restore: string; paths: string[]; restoreKeys?: string[] };

const results: unknown[] = [];
for (const call of JSON.parse(await text(process.stdin)) as CacheCall[]) {
  if ('save' in call) results.push(await saveCache(call.paths, call.save));
  else results.push((await restoreCache(call.paths, call.restore, call.restoreKeys)) ?? null);
}
process.stdout.write(`\n${JSON.stringify(results)}\n`);
