/** Networks by what users call them. */
import type { NetworkDefinition } from '@lighter/network/definitions/definition';
import { NetworkError } from '@lighter/network/errors';
import type { BridgeBackend } from '@lighter/network/types';

/** By exact name or id, or a unique beginning of an id. Throws NetworkError `NETWORK_UNKNOWN`. */
export async function findNetwork(backend: BridgeBackend, text: string): Promise<NetworkDefinition> {
  const networks = await backend.networks();
  const exact = networks.find(({ name, id }) => name === text || id === text);
  if (exact) return exact;
  const matches = text === '' ? [] : networks.filter(({ id }) => id.startsWith(text));
  if (matches.length > 1) {
    throw new NetworkError('NETWORK_UNKNOWN', `more than one result for network ID ${text}: network already exists`);
  }
  const [found] = matches;
  if (!found) {
    throw new NetworkError('NETWORK_UNKNOWN', `unable to find network with name or ID ${text}: network not found`);
  }
  return found;
}
