/** RuntimeService.Status: whether pods could be run now, and what runtime handlers can do. */
import { accessSync, constants } from 'node:fs';
import { create } from '@bufbuild/protobuf';
import type { CriContext } from '../context.ts';
import { type StatusRequest, type StatusResponse, StatusResponseSchema } from '../generated/runtime_pb.ts';
import { networkFault } from '../network-readiness.ts';

export async function status(request: StatusRequest, context: CriContext): Promise<StatusResponse> {
  const runtimeProblem = runtimeFault(context);
  const networkProblem = await networkFault(context.networkDirectory, context.pluginDirectories);
  return create(StatusResponseSchema, {
    status: {
      conditions: [
        condition('RuntimeReady', 'RuntimeNotReady', runtimeProblem),
        condition('NetworkReady', 'NetworkPluginNotReady', networkProblem),
      ],
    },
    // The default handler has the empty name.
    runtimeHandlers: [{ name: '', features: { recursiveReadOnlyMounts: false, userNamespaces: false } }],
    features: { supplementalGroupsPolicy: false },
    info: request.verbose ? { config: JSON.stringify(describe(context)) } : {},
  });
}

function condition(type: string, reason: string, problem: string | undefined) {
  return problem === undefined ? { type, status: true } : { type, status: false, reason, message: problem };
}

function runtimeFault(context: CriContext): string | undefined {
  if (!context.runtimePath) return 'no OCI runtime found: install crun or runc';
  try {
    accessSync(context.runtimePath, constants.X_OK);
    return undefined;
  } catch (error) {
    return `OCI runtime can't be executed: ${(error as Error).message}`;
  }
}

function describe(context: CriContext) {
  return {
    cgroupDriver: context.cgroupDriver,
    networkDirectory: context.networkDirectory,
    pluginDirectories: context.pluginDirectories,
    runtimePath: context.runtimePath ?? '',
    storage: { driver: context.store.driverName, root: context.store.graphRoot, runRoot: context.store.runRoot },
  };
}
