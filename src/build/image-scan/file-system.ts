import { posix } from 'node:path';
import type { LayerEntry, LayerReport } from './layer.ts';

/** The layers of an image as one file system. */
export interface FileSystem {
  /**
   * What is found at an absolute path, symlinks followed; its path is the one it really has.
   * @returns undefined where there is nothing, or links go in a circle
   */
  find(path: string): { path: string; entry: LayerEntry } | undefined;
  /** Paths directly in a folder, as they are named there. */
  list(folder: string): string[];
  /** Whether a path of the layer at this index is still there in the image. */
  survives(layer: number, path: string): boolean;
}

const MOST_LINKS = 20;

/** Lays layers over one another, the lowest first. */
export function fileSystem(layers: readonly LayerReport[]): FileSystem {
  const at = (path: string): LayerEntry | undefined => {
    for (let index = layers.length - 1; index >= 0; index -= 1) {
      const layer = layers[index];
      const found = layer?.entries.get(path);
      if (found) return found;
      if (layer?.removed.some((gone) => path === gone || path.startsWith(gone.replace(/\/?$/, '/'))))
        return undefined;
    }
    return undefined;
  };

  const find: FileSystem['find'] = (path) => {
    let rest = posix
      .normalize(path)
      .split('/')
      .filter((part) => part !== '');
    let place = '';
    for (let links = 0; rest.length > 0; ) {
      const [part = '', ...others] = rest;
      const next = place === '' ? part : `${place}/${part}`;
      const entry = at(next);
      if (entry?.target !== undefined) {
        links += 1;
        if (links > MOST_LINKS) return undefined;
        const target = posix.resolve(`/${place}`, entry.target);
        rest = [...target.split('/').filter((piece) => piece !== ''), ...others];
        place = '';
        continue;
      }
      // Folders need no entry of their own in a layer.
      if (others.length === 0) return entry && { path: `/${next}`, entry };
      place = next;
      rest = others;
    }
    return undefined;
  };

  return {
    find,
    list(folder) {
      const prefix = `${folder.replace(/^\/|\/$/g, '')}/`;
      const names = new Set<string>();
      for (const layer of layers)
        for (const path of layer.entries.keys())
          if (path.startsWith(prefix) && !path.slice(prefix.length).includes('/') && at(path))
            names.add(`/${path}`);
      return [...names];
    },
    survives: (layer, path) =>
      !layers
        .slice(layer + 1)
        .some(({ removed }) =>
          removed.some((gone) => path === gone || path.startsWith(gone.replace(/\/?$/, '/'))),
        ),
  };
}
