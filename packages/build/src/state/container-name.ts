/** Names of working containers: `<image>-working-container[-N]` (buildah: new.go). */

/** The part of the name that comes from the image. '' for scratch. */
export function namePrefix(imageSpec: string): string {
  let text = imageSpec;
  const digest = /@?(?:sha256|sha384|sha512):([0-9a-f]{64,})$/.exec(text);
  if (digest?.index === 0) text = (digest[1] ?? '').slice(0, 12);
  if (/^[0-9a-f]{64}$/.test(text)) text = text.slice(0, 12);
  // A port belongs to the registry, which isn't part of the name.
  const last = text.slice(text.lastIndexOf('/') + 1);
  return last.split(':')[0]?.split('@')[0] ?? '';
}

/** The stored name that the container is named after: the first that contains what was asked for, else the first. */
export function storedName(names: readonly string[], asked: string): string {
  const prefix = namePrefix(asked);
  return names.find((name) => prefix !== '' && name.includes(prefix)) ?? names[0] ?? '';
}

/** First free of `x-working-container`, `-1`, `-2`… */
export function workingContainerName(imageSpec: string, taken: ReadonlySet<string>): string {
  const prefix = namePrefix(imageSpec);
  const base = prefix === '' ? 'working-container' : `${prefix}-working-container`;
  if (!taken.has(base)) return base;
  for (let n = 1; ; n++) if (!taken.has(`${base}-${n}`)) return `${base}-${n}`;
}
