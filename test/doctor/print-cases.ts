import { casesTable, type Outcome, outcomeOf, projectCases } from './cases.ts';

/** `npm run doctor:cases`: examines every project and prints what was expected and what was named. */
const outcomes: Outcome[] = [];
for (const one of await projectCases()) outcomes.push(await outcomeOf(one));
process.stdout.write(`${casesTable(outcomes)}\n`);
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
