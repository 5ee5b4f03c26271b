import { answerImages } from './answer-images.ts';
import { healthyImages } from './healthy-images.ts';
import type { BrokenImage } from './image.ts';
import { launchImages } from './launch-images.ts';
import { healthyPythonImages, pythonImages } from './python-images.ts';
import { startImages } from './start-images.ts';

/** Images with a fault each. */
export const BROKEN: readonly BrokenImage[] = [
  ...startImages,
  ...answerImages,
  ...launchImages,
  ...pythonImages,
];

/** Images without a fault. */
export const HEALTHY: readonly BrokenImage[] = [...healthyImages, ...healthyPythonImages];
