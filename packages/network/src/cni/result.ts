/** Results of ADD in their several forms, as one (CNI specification, section 5, and its predecessors). */
import type { CniDns, CniInterface, CniIp, CniResult, CniRoute } from '@lighter/spec/cni';
import { NetworkError } from '../errors.ts';

/** Up to 0.2.0: one address for each family, of the one interface there is. */
interface OldResult {
  readonly ip4?: OldIp;
  readonly ip6?: OldIp;
  readonly dns?: CniDns;
}

interface OldIp {
  readonly ip: string;
  readonly gateway?: string;
  readonly routes?: readonly CniRoute[];
}

/** Takes a plugin's output; '' is an empty result, which old plugins give. */
export function parseResult(output: string, type: string): CniResult {
  let value: OldResult & Partial<CniResult>;
  try {
    value = output.trim() === '' ? {} : (JSON.parse(output) as typeof value);
  } catch (cause) {
    throw new NetworkError('PLUGIN_FAILED', `result of CNI plugin "${type}" isn't JSON: ${output.slice(0, 200)}`, {
      cause,
    });
  }
  if (typeof value !== 'object' || value === null) {
    throw new NetworkError('PLUGIN_FAILED', `result of CNI plugin "${type}" is no object`);
  }
  if (value.ip4 || value.ip6) return convertOld(value);
  return {
    cniVersion: '1.0.0',
    interfaces: list<CniInterface>(value.interfaces),
    ips: list<CniIp>(value.ips).map(({ address, gateway, interface: index }) => ({
      address,
      ...(gateway ? { gateway } : {}),
      ...(index === undefined || index < 0 ? {} : { interface: index }),
    })),
    routes: list<CniRoute>(value.routes),
    ...(value.dns ? { dns: value.dns } : {}),
  };
}

function convertOld({ ip4, ip6, dns }: OldResult): CniResult {
  const addresses = [ip4, ip6].filter((one) => one !== undefined);
  return {
    cniVersion: '1.0.0',
    interfaces: [],
    ips: addresses.map(({ ip, gateway }) => ({ address: ip, ...(gateway ? { gateway } : {}) })),
    routes: addresses.flatMap(({ routes = [] }) => routes),
    ...(dns ? { dns } : {}),
  };
}

function list<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [];
}
