import { flagValues, type Instruction } from '../docker/dockerfile-lines.ts';
import { neededStages, readStages, type Stage, stageNamed, takenFrom } from '../docker/dockerfile-stages.ts';

const MARK = 'deploy-lambda-container';

/**
 * A Dockerfile whose build does nothing but fetch and unpack what the last stage has before it takes files from other
 * stages. BuildKit leaves cached layers where they are until a step needs them: those below a `COPY --from` without
 * `--link` (which it ignores beside `--chmod`) it fetches only when the other stage is done. Each such place becomes a
 * stage that makes one folder, for which the layers below must be there; all places at once, as only the builder knows
 * which of them are cached.
 * @param text of the Dockerfile that is built
 * @param target stage; '' means the last
 * @returns undefined where there is nothing to fetch beside the other stages
 */
export function unpackingDockerfile(text: string, target: string): string | undefined {
  const { stages } = readStages(text);
  const needed = neededStages(stages, target);
  const last = needed.at(-1);
  if (!last) return undefined;
  const lines = text.split(/\r?\n/);
  const between = (from: number, to: number): string[] => lines.slice(from - 1, to - 1);
  const isOwnBase = needed.every((stage) => stage === last || stage.from !== last.from);
  const places = last.instructions.filter(
    (instruction, at) =>
      waitsForStage(instruction, stages, last) &&
      (isOwnBase || last.instructions.slice(0, at).some(({ name }) => /^(RUN|COPY|ADD)$/.test(name))),
  );
  const first = last.instructions[0];
  if (places.length === 0 || !first) return undefined;
  const from = `FROM ${last.platform === '' ? '' : `--platform=${last.platform} `}${last.from}`;
  return [
    ...between(1, last.line),
    ...places.flatMap(({ line }, index) => [
      `${from} AS ${MARK}-${index}`,
      ...between(first.line, line),
      `WORKDIR /.${MARK}`,
    ]),
    'FROM scratch',
    ...places.map((_, index) => `COPY --from=${MARK}-${index} /.${MARK} /`),
    '',
  ].join('\n');
}

function waitsForStage({ name, rest }: Instruction, stages: readonly Stage[], { index }: Stage): boolean {
  const isLinked = /(^|\s)--link(=true)?\s/.test(rest) && flagValues(rest, 'chmod').length === 0;
  if (name !== 'RUN' && isLinked) return false;
  return takenFrom(rest).some((image) => stageNamed(stages, image, index) !== undefined);
}
