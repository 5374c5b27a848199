#!/bin/sh
# All tests: units beside the code and what crosses packages in test/. Arguments replace the list of test files.
# Installs the distribution's tools that tests compare with, if they are missing.
set -eu
. "$(dirname "$0")/node.sh"
# npm puts our own commands before the distribution's.
PATH=$(printf %s "$PATH" | tr : '\n' | grep -v '/node_modules/\.bin$' | paste -sd :)
if [ $# -eq 0 ]; then
  sh scripts/setup.sh --test-tools
  sh scripts/check.sh
  set -- $(find packages apps test -name '*.test.ts' -not -path '*/node_modules/*' -not -path '*/dist/*' | sort)
fi
exec node --conditions=source --test --test-concurrency=2 --test-timeout=900000 "$@"
