#!/bin/sh
# Format, lint, types, dead code and import directions: what must be clean before a commit.
set -eu
. "$(dirname "$0")/node.sh"
node_modules/.bin/biome check .
node_modules/.bin/tsc -b
node --conditions=source scripts/check-imports.ts
node_modules/.bin/knip
