/** A `RUN --mount=type=cache` whose content is kept between runs. */
export interface CacheMount {
  /** As BuildKit's default is: the cleaned target. May hold variables, as all attributes. */
  id: string;
  target: string;
  /** `id=...` and those of sharing, uid, gid and mode that are given, as `--mount` takes them. */
  attributes: string[];
  /** The image of the RUN's stage as FROM names it, and its `--platform`, '' where there is none. */
  base: string;
  basePlatform: string;
  /** ARG instructions before the first FROM. */
  globals: string[];
  /** ARG and ENV instructions that a variable in the attributes may stand for. */
  prelude: string[];
  /** The Dockerfile's escape character. */
  escape: string;
}

/**
 * How the content of a mount becomes one file and back. `tar` runs in the base image; `cp` is for images without it
 * (Lambda's own have none): there BuildKit itself packs and unpacks, which takes two to four times as long.
 */
export type Tool = 'tar' | 'cp';

/** Where a mount is seen while its content moves; a name that no image has. */
const PLACE = '/.deploy-cache-mount';
/** Within the mount, until all of it is there: tools never see the half of a content. */
const DRAFT = `${PLACE}/.deploy-restore`;

/**
 * A Dockerfile that puts archives into mounts. Each is handled in a stage FROM the very image that the mount's own RUN
 * starts from: it is needed anyway, and no other image is pulled. To pack the folder of the builder's snapshot would be
 * three times as fast, but takes root on the builder's own machine, and only its snapshotter knows which folder that is.
 * Its result are files `0`, `1`, ... with `restored`, or with `present` where the mount was not empty.
 * @param archives names of the archives in the context, in the mounts' order
 * @param nonce differs from build to build, so that BuildKit does not take the result from its cache
 */
export function importDockerfile(
  mounts: readonly CacheMount[],
  archives: readonly string[],
  tool: Tool,
  nonce: string,
): string {
  const source = { tar: '/.deploy-archive.tar', cp: '/.deploy-archive' }[tool];
  const unpack = {
    tar: `tar -xp --numeric-owner -f ${source} -C ${DRAFT}`,
    cp: `cp -a ${source}/. ${DRAFT}/`,
  }[tool];
  const script = [
    `rm -rf ${DRAFT}`,
    // A mount that is in use here already is newer than any archive.
    `if [ -n "$(ls -A ${PLACE})" ]; then echo present > /.deploy-result; exit 0; fi`,
    `mkdir ${DRAFT}`,
    unpack,
    // Renaming is all that is left to do, names with a leading dot included.
    `for f in ${DRAFT}/* ${DRAFT}/.[!.]* ${DRAFT}/..?*; do if [ -e "$f" ] || [ -L "$f" ]; then mv "$f" ${PLACE}/; fi; done`,
    `rm -rf ${DRAFT}`,
    'echo restored > /.deploy-result',
  ];
  const contents = archives.map((archive, index) => [`FROM scratch AS content-${index}`, `ADD ${archive} /`]);
  const binds = archives.map((archive, index) =>
    tool === 'tar'
      ? `--mount=type=bind,source=${archive},target=${source}`
      : `--mount=type=bind,from=content-${index},target=${source}`,
  );
  return dockerfile(mounts, nonce, {
    before: tool === 'cp' ? contents.flat() : [],
    run: (index) => `${binds[index]} ${shell(script)}`,
    result: mounts.map((_, index) => `COPY --from=mount-${index} /.deploy-result /${index}`),
  });
}

/**
 * A Dockerfile that takes archives out of mounts. With `tar` its result are files `0.tar`, `1.tar`, ...; with `cp` it
 * is meant for one mount, whose content is the whole result.
 */
export function exportDockerfile(mounts: readonly CacheMount[], tool: Tool, nonce: string): string {
  const pack = (index: number): string[] =>
    tool === 'tar'
      ? [
          // GNU's default format has whole seconds; some tools compare times. Other tars have no such option.
          'case "$(tar --version 2>/dev/null)" in *GNU*) format=--format=posix;; esac',
          `tar -c $format --numeric-owner -f /.deploy-out/${index}.tar -C ${PLACE} .`,
        ]
      : [`cp -a ${PLACE}/. /.deploy-out/`];
  return dockerfile(mounts, nonce, {
    before: [],
    run: (index) => shell([`rm -rf ${DRAFT} /.deploy-out`, 'mkdir /.deploy-out', ...pack(index)]),
    result: mounts.map((_, index) => `COPY --from=mount-${index} /.deploy-out/ /`),
  });
}

function dockerfile(
  mounts: readonly CacheMount[],
  nonce: string,
  parts: { before: string[]; run: (index: number) => string; result: string[] },
): string {
  const stages = mounts.flatMap((mount, index) => [
    `FROM ${mount.basePlatform ? `--platform=${mount.basePlatform} ` : ''}${mount.base} AS mount-${index}`,
    ...(mount.attributes.some((attribute) => attribute.includes('$')) ? mount.prelude : []),
    'USER 0:0',
    'WORKDIR /',
    `ENV DEPLOY_NONCE=${nonce}`,
    // Without a network, so that builders that have none of their own can do it too.
    `RUN --network=none --mount=type=cache,target=${PLACE},${mount.attributes.join(',')} ${parts.run(index)}`,
  ]);
  const lines = [...(mounts[0]?.globals ?? []), ...parts.before, ...stages, 'FROM scratch', ...parts.result];
  return `# escape=${mounts[0]?.escape ?? '\\'}\n${lines.join('\n')}\n`;
}

/** In the JSON form, which does not depend on the image's SHELL; `set -e`, as a half-done step must fail. */
function shell(script: readonly string[]): string {
  return JSON.stringify(['/bin/sh', '-c', `set -e; ${script.join('; ')}`]);
}
