#!/bin/sh
# API documentation of all packages from their docstrings → docs/api.
set -eu
. "$(dirname "$0")/node.sh"
npm --prefix docs/generator ci --no-audit --no-fund --loglevel=error
node docs/generator/node_modules/typedoc/bin/typedoc --options docs/generator/typedoc.json
