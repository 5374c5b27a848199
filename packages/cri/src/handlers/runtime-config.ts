/** RuntimeService.RuntimeConfig: which cgroup driver the kubelet must use too. */
import { create } from '@bufbuild/protobuf';
import type { CriContext } from '../context.ts';
import {
  CgroupDriver,
  type RuntimeConfigRequest,
  type RuntimeConfigResponse,
  RuntimeConfigResponseSchema,
} from '../generated/runtime_pb.ts';

export function runtimeConfig(_request: RuntimeConfigRequest, context: CriContext): RuntimeConfigResponse {
  return create(RuntimeConfigResponseSchema, {
    linux: { cgroupDriver: context.cgroupDriver === 'systemd' ? CgroupDriver.SYSTEMD : CgroupDriver.CGROUPFS },
  });
}
