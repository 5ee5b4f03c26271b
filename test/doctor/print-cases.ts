import { join } from 'node:path';
import { describeError } from '../../src/errors.ts';
import { ensureParts } from '../../src/local/parts/index.ts';
import { imageCount, imageOutcomes } from '../end-to-end/broken-images/outcomes.ts';
import { casesTable, type Outcome, outcomeOf, projectCases } from './cases.ts';

/**
 * `npm run doctor:cases`: examines every project by its files, builds every image and runs it on the local Lambda, and
 * prints what was expected and what was named. With `--quick` the projects alone. Ends with 1 where anything was named
 * wrongly, or where the images could not be run.
 */
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const quick = process.argv.slice(2).includes('--quick');
const outcomes: Outcome[] = [];
for (const one of await projectCases()) outcomes.push(await outcomeOf(one));

let notRun = '';
if (quick) notRun = `${imageCount} images, which \`--quick\` leaves out`;
else {
  try {
    const parts = await ensureParts(join(import.meta.dirname, '..', '..', '.local'), say);
    say(`Building ${imageCount} images and running each on the local Lambda (some minutes) ...`);
    const note = ({ name, ok }: Outcome): void => say(`${ok ? 'ok' : 'WRONG'}  ${name}`);
    outcomes.push(...(await imageOutcomes(parts, note)));
  } catch (error) {
    notRun = `${imageCount} images: ${describeError(error)}`;
  }
}
process.stdout.write(`${casesTable(outcomes, notRun)}\n`);
process.exitCode = outcomes.every(({ ok }) => ok) && (quick || notRun === '') ? 0 : 1;
