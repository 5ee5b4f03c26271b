import fc from 'fast-check';

/** Lines that a builder's history should not hold, and which must do no harm; their digests are none of a test's. */
export function oddHistory(list: 'vertexes' | 'warnings'): fc.Arbitrary<string[]> {
  const anything = fc.jsonValue({ maxDepth: 2 });
  const date = fc.oneof(fc.constantFrom('', '2026-11-25', '0001-01-01T00:00:00Z', '9'), anything);
  const entry = fc.oneof(
    anything,
    fc.record(
      {
        digest: fc.oneof(fc.constantFrom('odd-1', 'odd-2'), fc.integer(), fc.constant(null)),
        name: fc.oneof(fc.constantFrom('[1/2] RUN odd', ''), anything),
        started: date,
        completed: date,
        cached: anything,
        short: fc.oneof(
          fc
            .constantFrom('Odd: text (line 2)', 'Odd', '(line x)')
            .map((text) => Buffer.from(text).toString('base64')),
          anything,
        ),
        detail: fc.oneof(anything, fc.array(anything, { maxLength: 2 })),
        url: fc.oneof(anything, fc.constant({ toString: 1 })),
        range: fc.oneof(anything, fc.constant([{ start: { line: -1 } }, null]), fc.constant([null])),
        sourceInfo: fc.oneof(anything, fc.constant({ data: 7 })),
      },
      { requiredKeys: [] },
    ),
  );
  const line = fc.oneof(
    fc.string(),
    fc.json(),
    entry.map((one) => JSON.stringify({ [list]: one })),
    fc.array(entry, { maxLength: 3 }).map((entries) => JSON.stringify({ [list]: entries })),
  );
  return fc.array(line, { maxLength: 6 });
}
