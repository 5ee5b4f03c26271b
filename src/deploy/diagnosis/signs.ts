import type { Clues } from './clues.ts';

/** The app ended by itself, as Lambda and its emulator say it. */
export const ended = ({ text }: Clues): boolean =>
  /Runtime\.(ExitError|Unknown|OutOfMemory)|Runtime exited|exit status|signal: \w+/i.test(text);

/** The adapter lost the app while it asked it. */
export const lost = ({ text, timedOut }: Clues): boolean =>
  !timedOut &&
  /client error \((SendRequest|Connect)\)|hyper[\w:]*(Error)?\((SendRequest|Connect)|connection closed before message completed/i.test(
    text,
  );

/** The adapter waits for the app to get ready. */
export const waits = (clues: Clues): boolean => clues.awaited !== undefined;

/** Nothing that the app answered: a broken start, a time-out, or a 5xx. */
export const failed = (clues: Clues): boolean =>
  ended(clues) ||
  waits(clues) ||
  clues.timedOut ||
  lost(clues) ||
  clues.evidence.errorType !== '' ||
  clues.evidence.status >= 500;

/** A sentence with the app's last words. */
export const lastSaid = ({ said }: Clues): string =>
  said === '' ? 'It printed nothing about it.' : `Its last words: ${said}`;
