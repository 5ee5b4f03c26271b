import { expect, test } from 'vitest';
import { dockerFindings } from '../../src/build/docker-checks.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

test('comments of the Dockerfile that was built leave findings out, and the others come by their lines', async () => {
  const text = 'FROM x\n# dlc-ignore=docker:UndefinedVar it is set at run time\nENV B=$A\nENV C=$D E=$F\n';
  const at = (line: number, name: string) => ({
    short: base64(`UndefinedVar: Usage of undefined variable '$${name}' (line ${line})`),
    sourceInfo: { data: base64(text) },
    range: [{ start: { line } }],
  });
  const history = [JSON.stringify({ warnings: [at(4, 'D'), at(3, 'A'), at(4, 'F')] })];
  const found = await dockerFindings(history, 'app/Dockerfile', { target: '', buildArgs: [] });
  expect(found.map(({ line, why }) => [line, why])).toEqual([
    [4, "Usage of undefined variable '$D'."],
    [4, "Usage of undefined variable '$F'."],
  ]);
});
