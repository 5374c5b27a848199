/**
 * Imports point one way. Each package may import from the packages its package.json names, and those are checked
 * here against the floors of the house; tests may use what they need.
 */
import { globSync, readFileSync } from 'node:fs';

const floors: Record<string, readonly string[]> = {
  spec: [],
  linux: [],
  config: ['spec', 'linux'],
  archive: ['spec', 'linux'],
  storage: ['spec', 'linux', 'config', 'archive'],
  image: ['spec', 'linux', 'config', 'archive', 'storage'],
  runtime: ['spec', 'linux', 'config'],
  network: ['spec', 'linux', 'config'],
  container: ['spec', 'linux', 'config', 'archive', 'image', 'storage', 'runtime', 'network'],
  build: ['spec', 'linux', 'config', 'archive', 'image', 'storage', 'runtime', 'network', 'container'],
  engine: ['spec', 'linux', 'config', 'archive', 'image', 'storage', 'runtime', 'network', 'container'],
  cri: ['spec', 'linux', 'config', 'archive', 'image', 'storage', 'runtime', 'network', 'container'],
  cli: ['spec', 'config'],
};
const faults: string[] = [];

for (const path of globSync('{packages,apps}/*/src/**/*.ts')) {
  const [area, room = ''] = path.split('/');
  const allowed = area === 'apps' ? Object.keys(floors) : floors[room];
  if (!allowed) faults.push(`${path}: package ${room} has no floor in scripts/check-imports.ts`);
  for (const [, target = ''] of readFileSync(path, 'utf8').matchAll(
    /(?:from|import)\s*\(?\s*'(@lighter\/[^']+|\.[^']+)'/g,
  )) {
    if (target.startsWith('.')) {
      const depth = path.split('/').length - 3;
      const ups = target.split('/').filter((part) => part === '..').length;
      if (ups >= depth && target.startsWith('../')) faults.push(`${path}: ${target} leaves the package`);
      continue;
    }
    const to = target.split('/')[1] ?? '';
    if (to.startsWith('app-')) faults.push(`${path}: nothing imports from apps (${target})`);
    else if (to !== room && !allowed?.includes(to)) faults.push(`${path}: ${room} may not import ${target}`);
  }
}

if (faults.length > 0) {
  process.stderr.write(`${faults.join('\n')}\n`);
  process.exitCode = 1;
}
