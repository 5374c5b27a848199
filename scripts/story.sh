#!/bin/sh
# The main job as a visible story: a throw-away registry and store, an image built from scratch, pushed, inspected and
# run. Nothing stays behind. As an ordinary user the building steps run inside `buildah unshare`, as they mount.
#
# LIGHTER_BIN names a folder with the commands (default: node_modules/.bin). A test sets LIGHTER_STORY_PAUSE to a folder:
# the story writes its registry's address there and waits for the file `go` before it cleans up.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
PATH=${LIGHTER_BIN:-$here/node_modules/.bin}:$PATH:/usr/sbin:/sbin
export PATH

bold= plain=
if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi
note() { printf '\n%s# %s%s\n' "$bold" "$*" "$plain"; }
# Shows a command as it would be typed, then does it.
show() { printf '%s$ %s%s\n' "$bold" "$1" "$plain"; eval "$1"; }
# Mounting needs a user namespace when an ordinary user does it.
mounting() { if [ "$(id -u)" -eq 0 ]; then "$@"; else buildah unshare "$@"; fi; }

build() {
  note 'Build an image from scratch, step by step'
  busybox=$(command -v busybox)
  show 'ctr=$(buildah from scratch)'
  show 'mnt=$(buildah mount $ctr)'
  show 'mkdir $mnt/bin'
  show "cp $busybox \$mnt/bin/busybox"
  show 'ln -s busybox $mnt/bin/sh'
  show "buildah config --entrypoint '[\"/bin/sh\", \"-c\", \"echo hello from a container, foo=\$foo\"]' --env foo=bar \$ctr"
  show 'buildah umount $ctr'
  show 'buildah commit $ctr hello'
  show 'buildah push --tls-verify=false hello docker://$registry/hello:1'
  show 'buildah rm $ctr'
  show 'buildah rmi hello'
}

# What is mounted below the scratch folder goes with it; its files may belong to subordinate ids.
sweep() {
  while read -r _ _ _ _ point _; do
    case $point in "$scratch"/*) umount -l "$point" ;; esac
  done < /proc/self/mountinfo
  rm -rf "$scratch/root" "$scratch/run"
}

start_registry() {
  note 'A throw-away registry on loopback'
  program=$(command -v docker-registry || command -v registry)
  mkdir "$scratch/registry"
  cat > "$scratch/registry.yml" <<REGISTRY
version: 0.1
log: { level: info }
storage: { filesystem: { rootdirectory: $scratch/registry } }
http: { addr: '127.0.0.1:0', secret: story }
REGISTRY
  "$program" serve "$scratch/registry.yml" > "$scratch/registry.log" 2>&1 &
  registry_pid=$!
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    port=$(sed -n 's/.*listening on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$scratch/registry.log")
    [ -z "$port" ] || break
    sleep 0.25
  done
  if [ -z "$port" ]; then
    echo "story: the registry doesn't start:" >&2
    cat "$scratch/registry.log" >&2
    exit 1
  fi
  export registry="127.0.0.1:$port"
  echo "registry=$registry"
}

finish() {
  status=$?
  trap - EXIT INT TERM
  if [ -n "$registry_pid" ]; then
    kill "$registry_pid" 2>/dev/null || true
    wait "$registry_pid" 2>/dev/null || true
  fi
  mounting sh "$0" sweep || status=1
  rm -rf "$scratch"
  exit $status
}

case ${1:-} in
  build) build; exit 0 ;;
  sweep) sweep; exit 0 ;;
esac

for place in /dev/shm "${TMPDIR:-/tmp}"; do
  scratch=$(mktemp -d "$place/lighter-story.XXXXXX" 2>/dev/null) && break
done
export scratch
registry_pid=
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cat > "$scratch/storage.conf" <<STORE
[storage]
driver = "overlay"
graphroot = "$scratch/root"
runroot = "$scratch/run"
STORE
export CONTAINERS_STORAGE_CONF="$scratch/storage.conf"

start_registry
mounting sh "$0" build

note 'Look at it in the registry'
show 'skopeo inspect --tls-verify=false docker://$registry/hello:1'
show "skopeo inspect --tls-verify=false --config --format '{{.Config.Entrypoint}} {{.Config.Env}}' docker://\$registry/hello:1"

note 'Run it'
show 'podman run --name hello --network none --tls-verify=false $registry/hello:1'
show 'podman ps -a'
show 'podman images'
show 'podman logs hello'

if [ -n "${LIGHTER_STORY_PAUSE:-}" ]; then
  echo "$registry" > "$LIGHTER_STORY_PAUSE/registry"
  while [ ! -e "$LIGHTER_STORY_PAUSE/go" ]; do sleep 0.1; done
fi

note 'Clean up'
show 'podman rm hello'
show 'podman rmi $registry/hello:1'
note 'That was all. README.md says how to put the commands on PATH.'
