/** `--env`: assignments whose values may use what the container has so far (buildah: cmd/buildah/config.go). */
import { BuildError } from '../errors.ts';
import type { ConfigEnvironment } from './changes.ts';

/** A name that changes moves to the end of the list. */
export function editEnvironment(
  current: readonly string[] | null | undefined,
  edits: readonly string[],
  outside: Pick<ConfigEnvironment, 'environment' | 'error'>,
): string[] {
  let result = [...(current ?? [])];
  const drop = (name: string) => {
    result = result.filter((entry) => !entry.startsWith(`${name}=`));
  };
  for (const edit of edits) {
    const equals = edit.indexOf('=');
    if (equals >= 0) {
      const name = edit.slice(0, equals);
      const value = expand(edit.slice(equals + 1), result, outside.error);
      drop(name);
      result.push(`${name}=${value}`);
    } else if (edit === '-') {
      result = [];
    } else if (edit.endsWith('-')) {
      drop(edit.slice(0, -1));
    } else {
      const value = outside.environment[edit];
      if (!value) throw new BuildError('INVALID', `setting env ${JSON.stringify(edit)}: no value given`);
      drop(edit);
      result.push(`${edit}=${value}`);
    }
  }
  return result;
}

/** Go's os.Expand for `$X` and `${X}`; a name without a value stands for itself. */
function expand(text: string, environment: readonly string[], error: (message: string) => void): string {
  return text.replace(
    /\$(?:\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*|[0-9*#$@!?-]))/g,
    (_, braced: string, plain: string) => {
      const name = braced ?? plain;
      const entry = environment.find((one) => one.startsWith(`${name}=`));
      if (entry !== undefined) return entry.slice(name.length + 1);
      error(`error expanding variable ${JSON.stringify(name)}: no value set in configuration`);
      return name;
    },
  );
}
