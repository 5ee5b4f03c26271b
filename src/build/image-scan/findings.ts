import type { ImageConfig } from '../../docker/image-config.ts';
import { oneLine } from '../../github/foreign-text.ts';
import type { Finding } from '../../record.ts';
import { configSecrets } from './config-secrets.ts';
import { contentFindings, from } from './content.ts';
import { fileSystem } from './file-system.ts';
import type { LayerReport } from './layer.ts';
import { programFindings } from './programs.ts';

/** More secrets than this are counted only. */
const MOST_SECRETS = 5;

/** What was read of an image. */
export interface ScannedImage {
  config: ImageConfig;
  /** The layers that were read, the lowest first. */
  layers: readonly LayerReport[];
  /** The instructions that made them, in the same order; '' where it is not known. */
  instructions: readonly string[];
  /** False where layers were left out because they are known. */
  whole: boolean;
}

/** What is wrong with an image, the worst first. Pure. */
export function imageFindings({ config, layers, instructions, whole }: ScannedImage): Finding[] {
  const files = fileSystem(layers);
  return [
    ...secretFindings(layers, instructions, (index, path) => files.survives(index, path)),
    ...configSecrets(config),
    ...(whole ? programFindings(config, files) : []),
    ...contentFindings(layers, files, instructions),
  ];
}

/** A secret in any layer is in the image: who can pull it can read it, whatever later instructions delete. */
function secretFindings(
  layers: readonly LayerReport[],
  instructions: readonly string[],
  survives: (layer: number, path: string) => boolean,
): Finding[] {
  const found = layers.flatMap(({ secrets }, index) => secrets.map((secret) => ({ ...secret, index })));
  return found.slice(0, MOST_SECRETS).map(({ rule, what, path, index }, count) => {
    const deleted = survives(index, path)
      ? ''
      : '; a later instruction deletes the file, but not out of the layer';
    const more =
      count === MOST_SECRETS - 1 && found.length > MOST_SECRETS
        ? ` (and ${found.length - MOST_SECRETS} more)`
        : '';
    return {
      rule,
      level: 'error',
      file: '',
      line: 0,
      why: `/${oneLine(path)} holds ${what}${from(instructions[index] ?? '')}${deleted}${more}.`,
      instead:
        'Replace the secret, since the image is pushed; put the file into .dockerignore, and hand it to the build with `secrets` and `RUN --mount=type=secret` or to the function at run time.',
    };
  });
}

/** Whether a finding must keep Lambda from hearing of the image. */
export function isSecret({ rule }: Pick<Finding, 'rule'>): boolean {
  return rule.startsWith('secret-');
}
