import type { ImageRecord } from '../record.ts';

/** A layer of the image beside the one that the same instruction made on the base branch. Compressed bytes. */
export interface LayerChange {
  /** `RUN npm ci`; '' where the image's history does not say. */
  instruction: string;
  /** 0: gone in this run. */
  bytes: number;
  /** 0: not there on the base branch. */
  baseBytes: number;
}

type Layer = ImageRecord['layers'][number];

/**
 * The layers that differ, the largest growth first. Those of the same digest are the same; of the others the first
 * of an instruction is matched with the first of that instruction on the base branch, and so on.
 */
export function changedLayers(image: ImageRecord, base: ImageRecord): LayerChange[] {
  const [own, others] = withoutCommon(image.layers, base.layers);
  const waiting = new Map<string, Layer[]>();
  for (const layer of others) {
    const key = layer.createdBy ?? '';
    waiting.set(key, [...(waiting.get(key) ?? []), layer]);
  }
  const changes = own.map(({ bytes, createdBy: instruction = '' }) => {
    const baseBytes = waiting.get(instruction)?.shift()?.bytes ?? 0;
    return { instruction, bytes, baseBytes };
  });
  for (const [instruction, gone] of waiting)
    for (const { bytes } of gone) changes.push({ instruction, bytes: 0, baseBytes: bytes });
  return changes.sort((a, b) => b.bytes - b.baseBytes - (a.bytes - a.baseBytes));
}

/** Both lists without the layers that both have; a digest that stands twice is taken out once for each. */
function withoutCommon(own: readonly Layer[], base: readonly Layer[]): [Layer[], Layer[]] {
  const others = [...base];
  const left = own.filter(({ digest }) => {
    const at = others.findIndex((other) => other.digest === digest);
    if (at >= 0) others.splice(at, 1);
    return at < 0;
  });
  return [left, others];
}
