/** The release of upstream's buildah that ours is a drop-in for; images say it in their `io.buildah.version` label. */
export const buildahLevel = '1.43.2';
