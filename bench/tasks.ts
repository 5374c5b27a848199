/** What is measured: each task prepares what it needs and gives one command line of ours and one of the peer's. */
import type { FixtureName } from './fixtures.ts';

/** Where a side's run happens. Both sides get the same, each with folders of its own. */
export interface Place {
  readonly side: 'ours' | 'peer';
  /** Empty folder of this run. */
  readonly run: string;
  /** Folder of this side that lives through all runs of the task. */
  readonly home: string;
  /** `127.0.0.1:PORT` of a registry that holds the fixtures as `NAME:latest`. */
  readonly registry: string;
}

export interface Task {
  readonly title: string;
  readonly command: 'skopeo' | 'buildah' | 'podman';
  readonly fixtures: readonly FixtureName[];
  /** Commands (of the same side) that run before the measured one, unmeasured. `once`: before the first run only. */
  readonly before?: (place: Place) => readonly { readonly once?: boolean; readonly args: readonly string[] }[];
  readonly args: (place: Place) => readonly string[];
  readonly runs: number;
}

const freshStore = (place: Place) => [
  '--root',
  `${place.run}/root`,
  '--runroot',
  `${place.run}/runroot`,
  '--storage-driver',
  'overlay',
];
const keptStore = (place: Place) => [
  '--root',
  `${place.home}/root`,
  '--runroot',
  `${place.home}/runroot`,
  '--storage-driver',
  'overlay',
];
const intoStore = (place: Place, image: string) => [
  '--insecure-policy',
  'copy',
  '--src-tls-verify=false',
  `docker://${place.registry}/${image}:latest`,
  `containers-storage:[overlay@${place.run}/root+${place.run}/runroot]${image}:latest`,
];

export const tasks: Readonly<Record<string, Task>> = {
  'podman-version': { title: 'podman --version', command: 'podman', fixtures: [], runs: 15, args: () => ['--version'] },
  'skopeo-version': { title: 'skopeo --version', command: 'skopeo', fixtures: [], runs: 15, args: () => ['--version'] },
  'buildah-version': {
    title: 'buildah --version',
    command: 'buildah',
    fixtures: [],
    runs: 15,
    args: () => ['--version'],
  },
  'podman-help': { title: 'podman --help', command: 'podman', fixtures: [], runs: 15, args: () => ['--help'] },
  'ps-empty': {
    title: 'podman ps -a, empty store',
    command: 'podman',
    fixtures: [],
    runs: 15,
    before: (place) => [{ once: true, args: [...keptStore(place), 'ps', '-a'] }],
    args: (place) => [...keptStore(place), 'ps', '-a'],
  },
  'images-empty': {
    title: 'podman images, empty store',
    command: 'podman',
    fixtures: [],
    runs: 15,
    before: (place) => [{ once: true, args: [...keptStore(place), 'images'] }],
    args: (place) => [...keptStore(place), 'images'],
  },
  'copy-oci': {
    title: 'skopeo copy docker://big oci: (1.4 GB in 5 gzip layers)',
    command: 'skopeo',
    fixtures: ['big'],
    runs: 5,
    args: (place) => [
      '--insecure-policy',
      'copy',
      '--src-tls-verify=false',
      `docker://${place.registry}/big:latest`,
      `oci:${place.run}/layout:latest`,
    ],
  },
  'pull-gzip': {
    title: 'skopeo copy docker://big containers-storage: (gzip)',
    command: 'skopeo',
    fixtures: ['big'],
    runs: 5,
    args: (place) => intoStore(place, 'big'),
  },
  'pull-zstd': {
    title: 'skopeo copy docker://big-zstd containers-storage: (zstd)',
    command: 'skopeo',
    fixtures: ['big-zstd'],
    runs: 5,
    args: (place) => intoStore(place, 'big-zstd'),
  },
  'pull-small-files': {
    title: 'skopeo copy docker://small-files containers-storage: (30 000 files)',
    command: 'skopeo',
    fixtures: ['small-files'],
    runs: 5,
    args: (place) => intoStore(place, 'small-files'),
  },
  'podman-pull-gzip': {
    title: 'podman pull big (gzip)',
    command: 'podman',
    fixtures: ['big'],
    runs: 3,
    args: (place) => [...freshStore(place), 'pull', '--tls-verify=false', `${place.registry}/big:latest`],
  },
  'run-rm': {
    title: 'podman run --rm --network none tiny true',
    command: 'podman',
    fixtures: ['tiny'],
    runs: 15,
    before: (place) => [
      { once: true, args: [...keptStore(place), 'pull', '-q', '--tls-verify=false', `${place.registry}/tiny:latest`] },
    ],
    args: (place) => [...keptStore(place), 'run', '--rm', '--network', 'none', `${place.registry}/tiny:latest`, 'true'],
  },
};
