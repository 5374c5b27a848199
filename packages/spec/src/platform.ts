/** Platforms in Go's names, and the choice of an instance from a list of images (image: internal/pkg/platform). */
import type { Platform } from './blob.ts';

const architectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  arm64: 'arm64',
  arm: 'arm',
  ppc64: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
  loong64: 'loong64',
};

export interface WantedPlatform {
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
}

/** The machine's own platform. An arm machine's variant is left to the order of choice. */
export function hostPlatform(): Platform {
  return { os: process.platform, architecture: architectures[process.arch] ?? process.arch };
}

const armVariants = ['v8', 'v7', 'v6', 'v5'];

/** Acceptable platforms, best first. */
export function platformOrder(wanted: WantedPlatform = {}): Platform[] {
  const host = hostPlatform();
  const os = wanted.os ?? host.os;
  const architecture = wanted.architecture ?? host.architecture;
  return variantOrder(architecture, wanted.variant).map((variant) => ({
    os,
    architecture,
    ...(variant === '' ? {} : { variant }),
  }));
}

function variantOrder(architecture: string, variant: string | undefined): string[] {
  const known = architecture === 'arm' ? armVariants : architecture === 'arm64' ? ['v8'] : [];
  if (!variant) return ['', ...known];
  const at = known.indexOf(variant);
  return [...(at < 0 ? [variant] : known.slice(at)), ''];
}

/** `architecture "arm64", variant "v8", OS "linux"`: for messages about an image that isn't there. */
export function describeWanted(wanted: WantedPlatform): string {
  const [{ os, architecture, variant = '' } = hostPlatform()] = platformOrder(wanted);
  return `architecture ${JSON.stringify(architecture)}, variant ${JSON.stringify(variant)}, OS ${JSON.stringify(os)}`;
}

interface Entry {
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * The best entry for the wanted platform: entries without a platform come last, as OCI indexes may leave it out; of equal ones
 * those whose layers are compressed by zstd come first. undefined when none fits.
 */
export function chooseInstance<T extends Entry>(entries: readonly T[], wanted: WantedPlatform = {}): T | undefined {
  for (const platform of platformOrder(wanted)) {
    const found = preferred(
      entries.filter(
        (entry) =>
          entry.platform?.os === platform.os &&
          entry.platform.architecture === platform.architecture &&
          (entry.platform.variant ?? '') === (platform.variant ?? ''),
      ),
    );
    if (found) return found;
  }
  return preferred(entries.filter((entry) => entry.platform === undefined));
}

function preferred<T extends Entry>(entries: readonly T[]): T | undefined {
  return (
    entries.find(({ annotations }) => annotations?.['io.github.containers.compression.zstd'] === 'true') ?? entries[0]
  );
}
