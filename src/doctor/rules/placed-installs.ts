import { type Install, type Manager, managers } from '../../docker/installers/facts.ts';
import { installOf } from '../../docker/installers/read.ts';
import { copyOf, mountOptions, neededStages, type Step, stepsOf, takesAll } from '../image-facts.ts';
import type { Project } from '../project.ts';

/** An installation, and what stood before it. */
export interface PlacedInstall extends Install {
  step: Step;
  /** The copies and bind mounts of the context that it sees. */
  sources: string[];
  /** True where all of the context, or a folder with the manifest in it, is copied before it. */
  afterSources: boolean;
  /** True where an installation of the same manager stood before that copy. */
  second: boolean;
  command: readonly string[];
}

/** All installations of the stages that the image needs, each once. */
export function placedInstalls(project: Project): PlacedInstall[] {
  const { dockerfile, buildArgs } = project;
  return neededStages(dockerfile).flatMap((stage) => {
    const steps = stepsOf(stage, dockerfile, buildArgs);
    return steps.flatMap((step, at) =>
      step.stage === stage ? installsOf(step, steps.slice(0, at), project) : [],
    );
  });
}

function installsOf(step: Step, before: readonly Step[], project: Project): PlacedInstall[] {
  if (step.instruction.name !== 'RUN') return [];
  return step.instruction.commands.flatMap((command) => {
    const install = installOf(command, variablesFor(step));
    if (!install) return [];
    const earlier = before.filter(
      ({ instruction }) =>
        instruction.name === 'RUN' &&
        instruction.commands.some((one) => installOf(one, step.variables)?.manager === install.manager),
    );
    const copies = before.filter(({ instruction }) => bringsSources(instruction, install.manager, project));
    const lastEarlier = earlier.at(-1);
    return [
      {
        ...install,
        step,
        command,
        sources: [...before, step].flatMap(({ instruction }) => sourcesIn(instruction)),
        afterSources: copies.length > 0,
        second: lastEarlier !== undefined && before.indexOf(lastEarlier) < before.indexOf(copies[0] ?? step),
      },
    ];
  });
}

/** Assignments before a command of the RUN count too. */
function variablesFor({ instruction, variables }: Step): Map<string, string> {
  const found = new Map(variables);
  for (const [, name = '', value = ''] of instruction.text.matchAll(
    /(?:^|&&|;|\n)\s*(?:env\s+|export\s+)?((?:CI|NODE_ENV|UV_\w+|YARN_\w+))=(\S+)/g,
  ))
    found.set(name, value);
  return found;
}

function bringsSources(instruction: Step['instruction'], manager: Manager, { context }: Project): boolean {
  if (takesAll(instruction)) return true;
  if (instruction.name !== 'COPY' || instruction.flags.some(({ name }) => name === 'from')) return false;
  return copyOf(instruction).sources.some(
    (source) =>
      context.isFolder(source) &&
      managers[manager].manifests.some((manifest) =>
        context.has(`${source.replace(/\/+$/, '')}/${manifest}`),
      ),
  );
}

/** What an instruction takes of the context. */
function sourcesIn(instruction: Step['instruction']): string[] {
  const isForeign = instruction.flags.some(({ name }) => name === 'from');
  if ((instruction.name === 'COPY' || instruction.name === 'ADD') && !isForeign)
    return copyOf(instruction).sources;
  return instruction.flags.flatMap(({ name, value }) => {
    const options = name === 'mount' ? mountOptions(value) : new Map<string, string>();
    if (name !== 'mount' || (options.get('type') ?? 'bind') !== 'bind' || options.has('from')) return [];
    return [options.get('source') ?? options.get('src') ?? '.'];
  });
}

/** The line that a finding about an installation stands at. */
export function lineOf({ instruction }: Step): number {
  return instruction.line;
}
