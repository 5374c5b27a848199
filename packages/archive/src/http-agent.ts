/** Proxies from the environment, as curl and Go read it. Node's own agents know them since 24.5. */
import type { Agent, AgentOptions } from 'node:http';

/** An agent for an address; undefined where no proxy is named, so that nothing of it is loaded. */
export function agentFor(url: URL): Agent | undefined {
  // A proxy has nothing to do with what is on this machine.
  if (isLoopback(url.hostname)) return undefined;
  const { env } = process;
  const names = url.protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY'];
  const proxy = names.map((name) => env[name]).find(Boolean);
  if (!proxy) return undefined;
  const module = url.protocol === 'https:' ? 'node:https' : 'node:http';
  const { Agent } = process.getBuiltinModule(module) as {
    Agent: new (options: AgentOptions & { proxyEnv?: NodeJS.ProcessEnv }) => Agent;
  };
  return new Agent({ proxyEnv: env });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
