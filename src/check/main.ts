import { readDeployInputs } from '../deploy/inputs.ts';
import { runAction } from '../github/action.ts';
import { inputsFrom } from '../github/inputs.ts';
import { readReportInputs } from '../report/inputs.ts';
import { checkRootInputs } from './inputs.ts';
import { runPreflight } from './preflight.ts';

/**
 * The first step of the root composite. build, deploy and report each refuse their own bad inputs, but a typing
 * error in `smoke-timeout` must not come to light only after minutes of building. The same goes
 * for what the project's files show to be wrong.
 */
await runAction(async () => {
  const inputs = inputsFrom(process.env);
  checkRootInputs(inputs);
  if (inputs.list('function-name').length > 0)
    readDeployInputs(inputs, process.env, { imageFollows: inputs.text('image-uri') === '' });
  readReportInputs(inputs);
  await runPreflight(inputs, process.env);
});
