/** `ps --filter`: different keys must all fit, of one key any value; labels must all fit. */
import type { Container } from '@lighter/engine/state/containers';

type Filter = (container: Container) => boolean;

export function containerFilter(texts: readonly string[]): Filter {
  const byKey = new Map<string, Filter[]>();
  for (const text of texts) {
    const [, key = text, negated = '', value = ''] = /^([\w-]+)(!)?=(.*)$/s.exec(text) ?? [];
    const filter = oneFilter(key, value);
    const group = key === 'label' ? text : key;
    byKey.set(group, [...(byKey.get(group) ?? []), negated ? (container) => !filter(container) : filter]);
  }
  return (container) => [...byKey.values()].every((filters) => filters.some((filter) => filter(container)));
}

/** Whether a filter asks for containers that don't run, too. */
export function wantsAll(texts: readonly string[]): boolean {
  return texts.some((text) => /^(status|exited)=/.test(text));
}

function oneFilter(key: string, value: string): Filter {
  switch (key) {
    case 'id':
      return ({ record }) => record.id.startsWith(value);
    case 'name': {
      const pattern = new RegExp(value);
      return ({ record }) => pattern.test(record.name);
    }
    case 'label': {
      const equals = value.indexOf('=');
      const name = equals < 0 ? value : value.slice(0, equals);
      return ({ record }) =>
        Object.hasOwn(record.labels, name) && (equals < 0 || record.labels[name] === value.slice(equals + 1));
    }
    case 'exited':
      return ({ state }) =>
        (state.status === 'exited' || state.status === 'stopped') && state.exit?.code === Number(value);
    case 'status': {
      const known = [
        'created',
        'initialized',
        'running',
        'stopped',
        'paused',
        'exited',
        'removing',
        'stopping',
        'unknown',
      ];
      if (!known.includes(value)) throw new Error(`${JSON.stringify(value)} is not a valid status`);
      return ({ state }) =>
        value === 'stopped' || value === 'exited'
          ? state.status === 'exited' || state.status === 'stopped'
          : state.status === value;
    }
    case 'ancestor':
      return ({ record }) => {
        const name = record.image?.name ?? '';
        return (
          record.image?.id.startsWith(value) === true ||
          name === value ||
          name === `${value}:latest` ||
          name.endsWith(`/${value}`) ||
          name.endsWith(`/${value}:latest`)
        );
      };
    case 'network':
      return ({ record }) =>
        record.config.network.mode === value ||
        (record.config.network.mode === 'bridge' &&
          record.config.network.attachments.some(({ network }) => network === value));
    default:
      throw new Error(`${key} is an invalid filter, or one that is not built yet`);
  }
}
