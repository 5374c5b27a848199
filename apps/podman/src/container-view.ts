/** What `ps` shows of a container. */
import { humanDuration } from '@lighter/cli/units';
import type { Container } from '@lighter/engine/state/containers';
import type { PortMapping } from '@lighter/network/types';

const COMMAND_WIDTH = 17;

export function commandText({ record }: Container, full: boolean): string {
  const text = [...(record.entrypoint ?? []), ...record.command].join(' ');
  return full || text.length <= COMMAND_WIDTH ? text : `${text.slice(0, COMMAND_WIDTH)}...`;
}

export function createdText({ record }: Container): string {
  return ago(Date.parse(record.created));
}

function ago(milliseconds: number): string {
  return `${humanDuration(Date.now() - milliseconds)} ago`;
}

/** `Up 3 seconds`, `Exited (0) 2 minutes ago`, `Created`. */
export function statusText({ state }: Container): string {
  if (state.status === 'running') return `Up ${humanDuration(Date.now() - state.started)}`;
  if ((state.status === 'exited' || state.status === 'stopped') && state.exit)
    return `Exited (${state.exit.code}) ${ago(state.exit.finished)}`;
  return `${state.status[0]?.toUpperCase()}${state.status.slice(1)}`;
}

/** `0.0.0.0:18080-18081->80-81/tcp, …`. */
export function portsText({ record }: Container): string {
  const { network } = record.config;
  return network.mode === 'bridge' || network.mode === 'user' ? network.ports.map(portText).join(', ') : '';
}

function portText({ hostIp, hostPort, containerPort, range, protocol }: PortMapping): string {
  const span = (start: number) => (range > 1 ? `${start}-${start + range - 1}` : `${start}`);
  return `${hostIp || '0.0.0.0'}:${span(hostPort)}->${span(containerPort)}/${protocol}`;
}
