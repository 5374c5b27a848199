#!/bin/sh
# Installs the four commands, with their own Node, or takes them away again.
#
#   sh scripts/install.sh [--prefix /usr/local] [--force]
#   sh scripts/install.sh [--prefix /usr/local] --uninstall
#
# Programs go to PREFIX/lib/lighter, links to PREFIX/bin. The distribution's programs are never shadowed or overwritten without --force.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
prefix=/usr/local
force=no
action=install
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) [ $# -gt 1 ] || { echo 'install: --prefix needs a folder' >&2; exit 2; }; prefix=$2; shift ;;
    --prefix=*) prefix=${1#--prefix=} ;;
    --force) force=yes ;;
    --uninstall) action=uninstall ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done
# Links must lead to the same place from anywhere, and be told as ours however the prefix is written next time.
case $prefix in /*) ;; *) prefix=$PWD/${prefix#./} ;; esac
while [ "$prefix" != "${prefix%/}" ]; do prefix=${prefix%/}; done
library=$prefix/lib/lighter
commands='skopeo buildah podman crio'

# ours LINK: whether it is a link into our library.
ours() {
  [ -L "$1" ] && case $(readlink "$1") in "$library"/*) true ;; *) false ;; esac
}

# on_path FOLDER: whether commands are looked for there.
on_path() {
  case :$PATH: in *:"$1":*) true ;; *) false ;; esac
}

if [ $action = uninstall ]; then
  for command in $commands; do
    if ours "$prefix/bin/$command"; then rm "$prefix/bin/$command"; fi
  done
  # Only a folder that we made, told by its mark.
  if [ -e "$library/.lighter" ]; then rm -rf "$library"; fi
  exit 0
fi

[ -x "$here/dist/bin/podman" ] && [ -e "$here/dist/podman.js" ] || { echo "install: nothing is built: run 'npm run setup' first" >&2; exit 1; }
if [ -e "$library" ] && [ ! -e "$library/.lighter" ]; then
  echo "install: $library is there and isn't ours" >&2
  exit 1
fi
if [ $force = no ]; then
  replaced= shadowed=
  for command in $commands; do
    if [ -e "$prefix/bin/$command" ] && ! ours "$prefix/bin/$command"; then replaced="$replaced $prefix/bin/$command"; fi
    for directory in /usr/bin /usr/sbin /bin /sbin; do
      if [ -e "$directory/$command" ] && [ ! "$directory" -ef "$prefix/bin" ] && on_path "$prefix/bin"; then
        shadowed="$shadowed $directory/$command"
        break
      fi
    done
  done
  if [ -n "$replaced" ]; then echo "install: not ours, would be replaced:$replaced" >&2; fi
  if [ -n "$shadowed" ]; then echo "install: would be shadowed:$shadowed" >&2; fi
  if [ -n "$replaced$shadowed" ]; then
    echo 'install: use --force if that is what you want, or another --prefix' >&2
    exit 1
  fi
fi

mkdir -p "$prefix/bin" "$prefix/lib"
new=$library.new
rm -rf "$new"
mkdir -p "$new/bin"
: > "$new/.lighter"
cp "$here"/dist/*.js "$here/dist/package.json" "$here/dist/lighter.node" "$new/"
cp -L "$here/dist/node" "$new/node"
cp "$here/dist/bin/lighter-guard" "$new/bin/"
for command in $commands; do ln "$new/bin/lighter-guard" "$new/bin/$command"; done
chmod -R u=rwX,go=rX "$new"
rm -rf "$library"
mv "$new" "$library"
for command in $commands; do ln -sfn "$library/bin/$command" "$prefix/bin/$command"; done
echo "installed: $prefix/bin/{skopeo,buildah,podman,crio}; take them away with: sh $0 --prefix $prefix --uninstall"
