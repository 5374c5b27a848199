/** RuntimeService.Version. */
import { create } from '@bufbuild/protobuf';
import type { CriContext } from '../context.ts';
import { type VersionRequest, type VersionResponse, VersionResponseSchema } from '../generated/runtime_pb.ts';

/** Version of the kubelet's runtime API; it has been 0.1.0 since the first CRI. */
const KUBELET_API_VERSION = '0.1.0';

export function version(_request: VersionRequest, context: CriContext): VersionResponse {
  return create(VersionResponseSchema, {
    version: KUBELET_API_VERSION,
    runtimeName: 'cri-o',
    runtimeVersion: context.version,
    runtimeApiVersion: 'v1',
  });
}
