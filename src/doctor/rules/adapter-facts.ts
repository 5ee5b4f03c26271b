import { chainOf, fillIn } from '../dockerfile.ts';
import { copyOf, type ImageFacts, imageFacts, joined, type Step, sourceOf, stepsOf } from '../image-facts.ts';
import type { Project } from '../project.ts';
import { isAdapterImage } from './bases.ts';

/** What the image runs with, where it has the adapter. */
export function adapterFacts(project: Project): ImageFacts | undefined {
  return hasAdapter(project) ? imageFacts(project.dockerfile, project.buildArgs) : undefined;
}

/** A COPY that brings the adapter. */
export interface AdapterCopy {
  line: number;
  image: string;
  destination: string;
  /** Whether its stage is one of those that become the image. */
  inImage: boolean;
}

/** The instructions that copy the adapter, of all stages. */
export function adapterCopies({ dockerfile, buildArgs }: Project): AdapterCopy[] {
  const chain = new Set(dockerfile.final ? chainOf(dockerfile.final) : []);
  return dockerfile.stages.flatMap((stage) =>
    stepsOf(stage, dockerfile, buildArgs)
      .filter((step) => step.stage === stage)
      .flatMap((step) => {
        const { instruction, variables } = step;
        if (instruction.name !== 'COPY') return [];
        const source = sourceOf(instruction, dockerfile.stages, variables);
        const isFromStage = source?.stage !== undefined && isAdapterImage(source.stage.from);
        const image = isFromStage ? (source?.stage?.from ?? '') : (source?.image ?? '');
        const named = copyOf(instruction).sources.some((one) => one.endsWith('lambda-adapter'));
        if (!(isAdapterImage(image) || (named && source?.stage !== undefined))) return [];
        return [
          { line: instruction.line, image, destination: destinationOf(step), inImage: chain.has(stage) },
        ];
      }),
  );
}

/** With its slash at the end, which says that it is a folder. */
function destinationOf({ instruction, variables, workdir }: Step): string {
  const written = fillIn(copyOf(instruction).destination, variables);
  const path = joined(workdir, written);
  return written.endsWith('/') && path !== '/' ? `${path}/` : path;
}

/** Whether anything at all puts an extension into the image; a base image that nobody here knows may have one. */
export function hasAdapter({ dockerfile, buildArgs }: Project): boolean {
  const { final } = dockerfile;
  if (!final) return false;
  const base = chainOf(final)[0]?.from ?? '';
  return (
    isAdapterImage(base) ||
    stepsOf(final, dockerfile, buildArgs).some(({ instruction }) =>
      /\/opt\/extensions|lambda-adapter/.test(instruction.text),
    )
  );
}
