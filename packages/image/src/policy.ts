/** Whether a policy accepts an image (containers-policy.json(5)). */
import type { Policy, PolicyRequirement } from '@lighter/config/policy';
import { ImageError } from './errors.ts';
import type { ImageReference } from './types.ts';

/** Throws POLICY_REJECTED unless every requirement of the most specific scope is met. */
export function assertAccepted(policy: Policy, reference: ImageReference): void {
  for (const requirement of requirementsFor(policy, reference)) {
    const problem = problemWith(requirement);
    if (problem)
      throw new ImageError(
        'POLICY_REJECTED',
        `Source image rejected: ${problem} (${reference}, by ${policy.file ?? 'the default policy'})`,
      );
  }
}

export function requirementsFor(policy: Policy, reference: ImageReference): readonly PolicyRequirement[] {
  const scopes = policy.transports[reference.transport] ?? {};
  for (const scope of [...reference.policyScopes, '']) if (Object.hasOwn(scopes, scope)) return scopes[scope] ?? [];
  return policy.default;
}

function problemWith({ type }: PolicyRequirement): string | undefined {
  switch (type) {
    case 'insecureAcceptAnything':
      return undefined;
    case 'reject':
      return 'Running image is rejected by policy.';
    case 'signedBy':
    case 'signedBaseLayer':
    case 'sigstoreSigned':
      return `the policy asks for ${type}, and verifying signatures is not built yet`;
    default:
      return `the policy has a requirement of unknown type ${JSON.stringify(type)}`;
  }
}
