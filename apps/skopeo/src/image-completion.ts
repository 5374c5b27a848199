/** What a shell proposes for the name of an image: a transport, and behind it whatever files there are. */
const transports = [
  'containers-storage:',
  'dir:',
  'docker://',
  'docker-archive:',
  'docker-daemon:',
  'oci:',
  'oci-archive:',
  'tarball:',
];

export function completeImageName(prefix: string): readonly string[] {
  return transports.filter((transport) => transport.startsWith(prefix));
}
