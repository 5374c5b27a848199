#!/bin/sh
# Builds the addon and the launcher (cc) and the bundles (esbuild) into dist/, and links the commands into
# node_modules/.bin.
set -eu
. "$(dirname "$0")/node.sh"
sh packages/linux/native/build.sh
node --conditions=source scripts/bundle.ts
