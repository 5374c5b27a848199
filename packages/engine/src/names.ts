/** Names of containers. */
import { randomBytes } from '@lighter/linux/random';
import { EngineError } from './errors.ts';

const adjectives =
  'amber bold brave breezy bright brisk calm candid clever cosy crisp eager early fair fleet fond frank gentle glad golden handy happy hardy jolly keen kind lively lucid lucky mellow merry mild neat nimble noble patient plucky polite prompt proud quick quiet ready robust serene sharp sleek smart snug sound spry stable steady stout sturdy sunny swift tidy trim trusty upbeat vivid warm wise witty'.split(
    ' ',
  );
const nouns =
  'anchor barge beacon berth bight bollard boom bosun bow bridge buoy capstan cargo channel chart cleat compass crane crew current davit deck derrick dinghy dock estuary fathom fender ferry flotilla galley gangway harbour hatch haven hawser helm hold hull jetty keel lagoon lantern ledger lighter lock mast mooring oar packet pier pilot port prow quay rigging rudder sail schooner sextant shoal skiff sloop sounding stern strand strait tender tide tiller trawler tug voyage wharf winch'.split(
    ' ',
  );

const pattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

export function checkName(name: string): string {
  if (!pattern.test(name))
    throw new EngineError('NAME_INVALID', 'names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument');
  return name;
}

/** `steady_harbour`, and with a number when that is taken. */
export function randomName(taken: ReadonlySet<string>): string {
  for (let attempt = 0; ; attempt++) {
    const name = `${pick(adjectives)}_${pick(nouns)}${attempt < 5 ? '' : below(1000)}`;
    if (!taken.has(name)) return name;
  }
}

function pick(words: readonly string[]): string {
  return words[below(words.length)] ?? '';
}

function below(count: number): number {
  return randomBytes(4).readUInt32LE(0) % count;
}
