#!/bin/sh
# Measures our commands beside the distribution's, in turns; see bench/README.md.
set -eu
. "$(dirname "$0")/node.sh"
exec node --conditions=source bench/run.ts "$@"
