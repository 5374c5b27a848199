#!/bin/sh
# Sets everything up: system packages, npm packages, addon, launcher and bundles; then shows the main job.
#
#   sh scripts/setup.sh               all of it
#   sh scripts/setup.sh --no-story    without the story
#   sh scripts/setup.sh --test-tools  only the system packages that the tests need beside it
#
# It may be run again at any time; what is there is left alone.
set -eu
cd "$(dirname "$0")/.."

story=yes
wanted=runtime
for argument in "$@"; do
  case $argument in
    --no-story) story=no ;;
    --test-tools) wanted=tests ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
done

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
[ -t 1 ] || say() { printf '==> %s\n' "$*"; }
fail() { echo "setup: $*" >&2; exit 1; }

# need NAME COMMAND-OR-FILE DEBIAN-PACKAGE FEDORA-PACKAGE: remembers a package that has to be installed.
missing=
need() {
  case $2 in
    /*) for path in $2; do [ -e "$path" ] && return; done ;;
    *) for directory in $(echo "$PATH:/usr/sbin:/sbin" | tr : ' '); do [ -x "$directory/$2" ] && return; done ;;
  esac
  case $family in
    debian) package=$3 ;;
    fedora) package=$4 ;;
  esac
  [ "$package" != - ] || fail "there is no package of $1 for this distribution; please install it by hand"
  missing="$missing $package"
}

[ -r /etc/os-release ] || fail "no /etc/os-release: this isn't a Linux distribution it knows (Debian, Ubuntu, Fedora)"
family=
for id in $(. /etc/os-release; echo "${ID:-} ${ID_LIKE:-}"); do
  case $id in
    debian|ubuntu) family=debian; break ;;
    fedora|rhel|centos) family=fedora; break ;;
  esac
done
[ -n "$family" ] || fail "unknown distribution '$(. /etc/os-release; echo "${PRETTY_NAME:-?}")': it knows the package names of Debian, Ubuntu and Fedora"

need 'a C compiler' cc gcc gcc
need 'the C library headers' /usr/include/stdio.h libc6-dev glibc-devel
need 'runc' runc runc runc
need 'conmon' conmon conmon conmon
need 'the CNI plugins' '/usr/lib/cni/bridge /opt/cni/bin/bridge /usr/libexec/cni/bridge' containernetworking-plugins containernetworking-plugins
need 'iptables' iptables iptables iptables-nft
need 'newuidmap' newuidmap uidmap shadow-utils
need 'the default seccomp profile' '/usr/share/containers/seccomp.json /etc/containers/seccomp.json' golang-github-containers-common containers-common
need 'a container registry' '/usr/bin/docker-registry /usr/bin/registry' docker-registry docker-distribution
need 'a static busybox' '/bin/busybox /usr/bin/busybox /usr/sbin/busybox' busybox-static busybox
need 'certificate authorities' '/etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt' ca-certificates ca-certificates
if [ $wanted = tests ]; then
  need 'skopeo' skopeo skopeo skopeo
  need 'podman' podman podman podman
  need 'buildah' buildah buildah buildah
  need 'crun' crun crun crun
  need 'strace' strace strace strace
  need 'zstd' zstd zstd zstd
  need 'xz' xz xz-utils xz
  need 'bzip2' bzip2 bzip2 bzip2
  need 'openssl' openssl openssl openssl
  need 'htpasswd' htpasswd apache2-utils httpd-tools
  need 'ip' ip iproute2 iproute
  need 'ps' ps procps procps-ng
  need 'setfattr' setfattr attr attr
  need 'setcap' setcap libcap2-bin libcap
  need 'useradd' useradd passwd shadow-utils
fi

if [ -n "$missing" ]; then
  say "installing system packages:$missing"
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "please install as root:$missing"
    as_root=sudo
  fi
  case $family in
    debian)
      # shellcheck disable=SC2086 # a list of words
      $as_root env DEBIAN_FRONTEND=noninteractive sh -c 'apt-get update -q && apt-get install -q -y --no-install-recommends "$@"' sh $missing >/dev/null \
        || fail "apt-get could not install:$missing" ;;
    fedora)
      # shellcheck disable=SC2086
      $as_root dnf install -y -q $missing || fail "dnf could not install:$missing" ;;
  esac
fi
[ $wanted = runtime ] || exit 0

if ! cmp -s package-lock.json node_modules/.lighter-lock; then
  say 'installing npm packages'
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.lighter-lock
fi

say 'building the addon, the launcher and the bundles'
sh scripts/build.sh

if [ $story = yes ]; then
  say 'the main job, on a throw-away registry and store'
  sh scripts/story.sh
fi
