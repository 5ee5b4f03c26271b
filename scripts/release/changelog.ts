/**
 * The section of a changelog (`## 1.2.3`, with or without a date behind it) that belongs to a tag.
 * @param tag `v1.2.3`
 * @param version of package.json, which must be the same
 * @returns its text without the heading
 * @throws Error that says what to do before the tag is made
 */
export function releaseNotes(tag: string, version: string, changelog: string): string {
  const wanted = /^v(\d+\.\d+\.\d+)$/.exec(tag)?.[1];
  if (wanted === undefined) throw new Error(`${JSON.stringify(tag)} is no tag of a release, such as v1.2.3.`);
  if (wanted !== version)
    throw new Error(`Tag ${tag} stands on a commit whose package.json says ${version}: set it to ${wanted}.`);
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.split(/\s/)[0] === wanted);
  const notes = section?.slice(section.indexOf('\n') + 1).trim();
  if (!notes)
    throw new Error(`CHANGELOG.md has no section "## ${wanted}" with a text: rename "## Unreleased".`);
  return notes;
}
