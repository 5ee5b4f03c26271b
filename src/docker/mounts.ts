/**
 * The mount points at or below folders, the last mounted first.
 * @param mountinfo the text of /proc/self/mountinfo
 */
export function mountPoints(mountinfo: string, folders: readonly string[]): string[] {
  const paths = mountinfo.split('\n').flatMap((line) => {
    const path = line.split(' ')[4];
    // Blanks in paths are written in octal.
    return path
      ? [path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))]
      : [];
  });
  return paths
    .filter((path) => folders.some((folder) => path === folder || path.startsWith(`${folder}/`)))
    .reverse();
}
