import { describeError } from '../../../src/errors.ts';
import type { Parts } from '../../../src/local/parts/index.ts';
import { type Case, type Outcome, outcomeOf } from '../../doctor/cases.ts';
import { BROKEN, HEALTHY } from './cases.ts';
import type { BrokenImage } from './image.ts';
import { type ImageStand, startImageStand } from './stand.ts';

/** More than that at once, and starts take so long that they are over time. */
const AT_ONCE = 4;

/** How many images there are. */
export const imageCount = BROKEN.length + HEALTHY.length;

/**
 * Builds every image, runs it on the local Lambda and tests it as a deploy does.
 * @param note is told of each as it ends
 * @throws Error where the images cannot be built
 */
export async function imageOutcomes(parts: Parts, note: (outcome: Outcome) => void): Promise<Outcome[]> {
  const images = [...BROKEN, ...HEALTHY];
  const stand = await startImageStand(parts, images);
  try {
    const outcomes: Outcome[] = [];
    const left = images.map((image, at) => ({ at, one: imageCase(stand, image) })).reverse();
    const work = async (): Promise<void> => {
      for (let next = left.pop(); next; next = left.pop()) {
        const outcome = await outcomeOf(next.one);
        outcomes[next.at] = outcome;
        note(outcome);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return outcomes;
  } finally {
    await stand.close();
  }
}

function imageCase(stand: ImageStand, image: BrokenImage): Case {
  return {
    name: `image/${image.name}`,
    expected: image.cause === '' ? [] : [image.cause],
    async examine() {
      const { message, diagnosis } = await stand
        .smoke(image)
        .catch((error: unknown) => ({ message: describeError(error), diagnosis: undefined }));
      if (message === undefined) return [];
      if (!diagnosis) return [`no cause (${message})`];
      const { cause, sentence } = diagnosis;
      return [image.says && !image.says.test(sentence) ? `${cause}, but says: ${sentence}` : cause];
    },
  };
}
