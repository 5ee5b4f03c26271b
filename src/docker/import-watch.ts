/** How reading a layer cache went. */
export interface ImportWatch {
  /** To be called with each line of `--progress plain`. */
  line(line: string): void;
  /** Why the cache could not be read; '' where it was read, or is still being read. */
  trouble(): string;
  /** Must be called when the build has ended. */
  end(): void;
}

/**
 * Watches BuildKit's plain progress for the import of a layer cache. BuildKit limits its retries, but waits without
 * end for a service that takes the request and never answers.
 * @param limit milliseconds that one import may take
 * @param onLate called once when an import takes longer
 */
export function watchImport(limit: number, onLate: () => void): ImportWatch {
  const timers = new Map<string, NodeJS.Timeout>();
  let trouble = '';
  const done = (id: string): void => {
    clearTimeout(timers.get(id));
    timers.delete(id);
  };
  const late = (): void => {
    trouble = `no answer within ${limit / 1000} s`;
    onLate();
  };
  return {
    line(text) {
      const [, id = '', rest = ''] = /^(#\d+) (.*)/.exec(text) ?? [];
      if (rest.startsWith('importing cache manifest from ')) timers.set(id, setTimeout(late, limit));
      else if (timers.has(id) && /^(DONE|ERROR|CANCELED)/.test(rest)) {
        done(id);
        // A registry says so of a cache that was never written; GitHub's service has no word for it.
        if (rest.startsWith('ERROR: ') && !rest.endsWith('not found'))
          trouble ||= rest.slice('ERROR: '.length);
      }
    },
    trouble: () => trouble,
    end() {
      for (const id of [...timers.keys()]) done(id);
    },
  };
}
