/** Versions and constraints on them, as skopeo's sync files have them (`>= 3.12.0`, `^1.2 || ~2.3`, `1.x`, `1.2 - 2`). */

/** Major, minor and patch, and what comes behind a dash. */
interface Version {
  readonly numbers: readonly [number, number, number];
  readonly prerelease: readonly string[];
}

type Test = (version: Version) => boolean;

const PATTERN = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

/** undefined for what is no version: most tags aren't. */
function parseVersion(text: string): Version | undefined {
  const found = PATTERN.exec(text);
  if (!found) return undefined;
  const [, major, minor = '0', patch = '0', prerelease] = found;
  return { numbers: [Number(major), Number(minor), Number(patch)], prerelease: prerelease?.split('.') ?? [] };
}

/** Whether a tag is a version within the constraint. Throws for constraints that make no sense. */
export function versionTest(constraint: string): (tag: string) => boolean {
  const choices = constraint.split('||').map(parseChoice);
  return (tag) => {
    const version = parseVersion(tag);
    return version !== undefined && choices.some((tests) => tests.every((test) => test(version)));
  };
}

/** Parts joined by commas or blanks must all hold. */
function parseChoice(text: string): Test[] {
  const hyphen = /^\s*(\S+)\s+-\s+(\S+)\s*$/.exec(text);
  if (hyphen) return [compare('>=', hyphen[1] ?? ''), compare('<=', hyphen[2] ?? '')];
  const parts = text.match(/(?:[<>=!~^]+\s*)?[^\s,<>=!~^]+/g);
  const rest = text.replace(/(?:[<>=!~^]+\s*)?[^\s,<>=!~^]+/g, '').replace(/[\s,]/g, '');
  if (!parts || rest !== '') throw new Error(`improper constraint: ${text.trim()}`);
  return parts.map((part) => {
    const [, operator = '', version = ''] = /^([<>=!~^]*)\s*(.*)$/.exec(part) ?? [];
    return compare(operator, version);
  });
}

function compare(operator: string, text: string): Test {
  const [, major = '', minor, patch, prerelease] =
    /^v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\+\S*)?$/.exec(text) ?? [];
  if (major === '') throw new Error(`improper constraint: ${operator}${text}`);
  /** How many numbers are given: the others may be anything. */
  const fields = [major, minor, patch];
  const open = fields.findIndex((field) => field === undefined || /[xX*]/.test(field));
  const given = open < 0 ? 3 : open;
  const bound: Version = {
    numbers: fields.map((field, index) => (index < given ? Number(field) : 0)) as [number, number, number],
    prerelease: prerelease?.split('.') ?? [],
  };
  const test = testOf(operator, bound, given);
  // A version before its release only fits a constraint that speaks of such.
  return (version) => (version.prerelease.length === 0 || bound.prerelease.length > 0) && test(version);
}

function testOf(operator: string, bound: Version, given: number): Test {
  const within = (fixed: number) => (version: Version) =>
    order(version, bound) >= 0 && version.numbers.slice(0, fixed).every((n, index) => n === bound.numbers[index]);
  const isSame: Test = given === 3 ? (version) => order(version, bound) === 0 : within(given);
  /** Above everything that the given numbers stand for. */
  const isAbove: Test = (version) => order(version, bound) > 0 && !(given < 3 && isSame(version));
  switch (operator) {
    case '':
    case '=':
      return isSame;
    case '!=':
      return (version) => !isSame(version);
    case '>':
      return isAbove;
    case '>=':
    case '=>':
      return (version) => order(version, bound) >= 0;
    case '<':
      return (version) => order(version, bound) < 0;
    case '<=':
    case '=<':
      return (version) => !isAbove(version);
    case '~':
    case '~>':
      return within(Math.min(given, 2));
    case '^':
      return within(caretFields(bound, given));
    default:
      throw new Error(`improper constraint: ${operator}`);
  }
}

/** Numbers up to the first that isn't zero stay as they are. */
function caretFields({ numbers }: Version, given: number): number {
  const first = numbers.findIndex((n) => n !== 0);
  return first < 0 || first >= given ? given : first + 1;
}

/** Semantic Versioning 2.0.0, 11. */
function order(a: Version, b: Version): number {
  for (const [index, n] of a.numbers.entries()) {
    const other = b.numbers[index] ?? 0;
    if (n !== other) return n - other;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length - a.prerelease.length;
  for (let index = 0; index < Math.max(a.prerelease.length, b.prerelease.length); index++) {
    const [mine, other] = [a.prerelease[index], b.prerelease[index]];
    if (mine === undefined || other === undefined) return mine === undefined ? -1 : 1;
    if (mine === other) continue;
    const numeric = [mine, other].map((part) => /^\d+$/.test(part));
    if (numeric[0] && numeric[1]) return Number(mine) - Number(other);
    if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
    return mine < other ? -1 : 1;
  }
  return 0;
}
