#!/bin/sh
# Generates packages/cri/src/generated from packages/cri/proto. Needs protoc (Debian: protobuf-compiler).
set -eu
. "$(dirname "$0")/node.sh"
out=packages/cri/src/generated
protoc -I packages/cri/proto --plugin=node_modules/.bin/protoc-gen-es \
  --es_out=$out --es_opt=target=ts,import_extension=ts packages/cri/proto/runtime.proto
# Enums as constants and unions: Node strips types but doesn't compile enums.
node -e '
  const fs = require("node:fs");
  const path = process.argv[1];
  const source = fs.readFileSync(path, "utf8").replace(/^export enum (\w+) \{\n([\s\S]*?)^\}/gm, (_, name, body) =>
    `export const ${name} = {\n${body.replace(/ = (\d+),/g, ": $1,")}} as const;\nexport type ${name} = (typeof ${name})[keyof typeof ${name}];`);
  fs.writeFileSync(path, source);
' $out/runtime_pb.ts
